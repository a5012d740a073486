"""What a use case works with: the request's transaction, the keys, who asks, and when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.errors import OutsideRegion, UnknownRegion
from services.registry.facts.repository import Entry
from services.registry.search.blinding import Blinder, blinder_of
from shared.api import Kernel, Session
from shared.auth import Caller, require
from shared.clock import date_of, now
from shared.crypto import Keyring
from shared.etag import IfMatch, check_version
from shared.jurisdiction import check_region


@dataclass(frozen=True)
class Desk:
    """One request at the registry's desk."""

    session: AsyncSession
    keyring: Keyring
    caller: Caller
    at: datetime
    if_match: str | None = None

    @property
    def today(self) -> date:
        """The date of the request in Asia/Shanghai."""
        return date_of(self.at)

    @property
    def blinder(self) -> Blinder:
        """Turns a name's tokens into what is stored of them."""
        return blinder_of(self.keyring)

    def check_region(self, region: str) -> None:
        """UnknownRegion (422) when it does not exist, OutsideRegion (403) when the caller does not cover it."""
        check_region(self.caller, region, outside=OutsideRegion, unknown=UnknownRegion)

    def check_version(self, version: int) -> None:
        """PreconditionFailed (412) when the request names a version that the thing does not have any more."""
        check_version(self.if_match, version)

    def entry(self, owner_id: UUID, region: str) -> Entry:
        """How this request signs the facts it writes."""
        return Entry(owner_id, region, self.at, self.caller.subject)

    def seal(self, text: str | None) -> bytes | None:
        """Encrypt what may be missing."""
        return None if text is None else self.keyring.encrypt(text)

    def seal_json(self, body: BaseModel | None) -> bytes | None:
        """Encrypt the members of an address or account."""
        return None if body is None else self.keyring.encrypt(body.model_dump_json())

    def open(self, blob: bytes | None) -> str | None:
        """Decrypt what may be missing."""
        return None if blob is None else self.keyring.decrypt(blob)


def desk_with(scope: str) -> Any:  # noqa: ANN401  # a FastAPI marker
    """For a route's parameter: ``desk: Annotated[Desk, desk_with("registry.seniors:read")]``."""

    def sit_down(session: Session, kernel: Kernel, caller: Annotated[Caller, require(scope)]) -> Desk:
        return Desk(session, kernel.keyring, caller, now())

    dependency: Callable[..., Desk] = sit_down
    return Depends(dependency)


def amending_desk_with(scope: str) -> Any:  # noqa: ANN401  # a FastAPI marker
    """The same for a route that adds to a thing, and takes `If-Match` for that."""

    def sit_down(
        session: Session, kernel: Kernel, caller: Annotated[Caller, require(scope)], if_match: IfMatch = None
    ) -> Desk:
        return Desk(session, kernel.keyring, caller, now(), if_match)

    dependency: Callable[..., Desk] = sit_down
    return Depends(dependency)
