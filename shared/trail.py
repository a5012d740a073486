"""What the edge writes into the audit log: one entry for every request, where its auditor sees it.

An entry of a request that was done stands in that request's transaction; one of a refused request has its own, because
the request's is gone. A use case that writes an entry itself says more, and is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import structlog
from fastapi import Request, Response
from prometheus_client import Counter

from shared import audit
from shared.auth import Caller
from shared.database import Scope, Transaction
from shared.faults import facts
from shared.regions import common_region

if TYPE_CHECKING:
    from shared.kernel import KernelState

LOST = Counter("anxiang_audit_lost", "Refused requests whose audit entry could not be written", ["service"])
log = structlog.get_logger("anxiang.audit")
NOT_A_REFUSAL = 503
"""We could not, whoever asked: nothing was told, and writing would add to what we cannot do."""
LONGEST = 1_000_000
"""Bytes of an answer that is looked through for regions."""
_REGION = re.compile(r"[1-9][0-9]{11}")
_NAME = re.compile(r"(?!.*[0-9]{13})[A-Za-z0-9_.:-]{1,64}")


class Left(Enum):
    """Which requests of a route leave an entry."""

    EVERY = "every"
    REFUSED = "refused"
    """What is done leaves versions of its own, never changed."""
    NONE = "none"
    """The route touches neither persons nor money."""


@dataclass(frozen=True)
class Trail:
    """What a route leaves: its operation, and of which requests."""

    action: str
    path: str
    left: Left

    async def answered(
        self, session: Transaction, request: Request, caller: Caller, response: Response, note: audit.Noted
    ) -> None:
        """An entry in the request's transaction, unless there is one."""
        if self.left is not Left.EVERY or note.written:
            return
        replayed = {"replayed": True} if "idempotency-replayed" in response.headers else {}
        missed = {"missed": True} if note.missed else {}
        detail = {"status": response.status_code} | replayed | missed
        region = note.region or touched(response)
        await audit.record(session, caller, self.action, self._target(request), region=region, detail=detail)

    async def refused(self, request: Request, status: int, problem: str) -> None:
        """An entry in a transaction of its own. One that cannot be written changes no answer, and is counted."""
        caller: Caller | None = getattr(request.state, "caller", None) or getattr(request.state, "claimed", None)
        if self.left is Left.NONE or caller is None or status == NOT_A_REFUSAL:
            return
        kernel: KernelState = request.app.state.kernel
        detail = {"status": status, "problem": problem}
        try:
            async with kernel.database.transaction(Scope(())) as session:
                await audit.record(session, caller, self.action, self._target(request), detail=detail)
        except Exception as error:  # noqa: BLE001  # whatever it is, the answer is a refusal already
            LOST.labels(kernel.database.schema).inc()
            log.error("an audit entry is lost", action=self.action, **facts(error))  # noqa: TRY400  # not its text

    def _target(self, request: Request) -> str:
        """What the path names, or the path itself. What is no name may be a number of somebody's, and is left out."""
        return "/".join(map(_name, request.path_params.values())) or self.path


def _name(value: object) -> str:
    """An id or code as it was sent."""
    try:
        return str(UUID(str(value)))
    except ValueError:
        return str(value) if _NAME.fullmatch(str(value)) else "?"


def touched(response: Response) -> str:
    """The smallest region around what an answer tells of; empty when it names none."""
    body = getattr(response, "body", b"")
    if not body or len(body) > LONGEST or "json" not in response.headers.get("content-type", ""):
        return ""
    try:
        codes = set(_regions(orjson.loads(body)))
    except orjson.JSONDecodeError:
        return ""
    return common_region(codes) if codes else ""


def _regions(value: Any) -> Iterator[str]:  # noqa: ANN401  # JSON
    """Regions of what is told: of the whole if it has one, otherwise of its parts."""
    if isinstance(value, dict):
        own = value.get("region")
        if isinstance(own, str) and _REGION.fullmatch(own):
            yield own
            return
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(part, dict | list):
            yield from _regions(part)
