"""The two kinds of files that a change is made in: what they say now, and what an approved change writes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.registry.changes.schemas import Request
from services.registry.desk import Desk
from services.registry.lives import service as lives
from services.registry.organizations import service as organizations
from services.registry.organizations.models import Organization
from services.registry.seniors import service as seniors
from services.registry.seniors.models import Senior
from services.registry.subjects.domain import SubjectKind
from shared.identity import IdentityNumber

File = Senior | Organization
Values = dict[str, Any]


async def find(desk: Desk, kind: str, subject_id: UUID) -> File:
    """The file, locked; SeniorNotFound or OrganizationNotFound (404)."""
    if kind == SubjectKind.SENIOR:
        return await seniors.find(desk, subject_id, for_update=True)
    return await organizations.find(desk, subject_id, for_update=True)


def said(desk: Desk, file: File, names: Mapping[str, Any]) -> Values:
    """What the file says now of some fields."""
    return {name: _SAID[name](desk, file) for name in names}


async def asked(desk: Desk, file: File, body: Request) -> Values:
    """What a request asks for, as it would be stored.

    WrongIdentityNumber or WrongDates (422), or SeniorKnown (409) when somebody has the number, in whichever region.
    """
    fields = {"name", "identity_number", "bank_account"}
    values = body.model_dump(mode="json", include=fields & body.model_fields_set)
    if isinstance(file, Senior) and "identity_number" in values:
        identity = await _identity(desk, file, values["identity_number"])
        await seniors.check_identity_free(desk, file, identity)
        values["identity_number"] = identity.number
    return values


async def write(desk: Desk, file: File, values: Values) -> None:
    """Put approved values on the file and tell the other services.

    WrongDates (422) when facts that came after the request contradict another birth.
    """
    if "bank_account" in values:
        account = values["bank_account"]
        file.bank_account = desk.seal(None if account is None else json.dumps(account, ensure_ascii=False))
    if isinstance(file, Organization):
        file.name = values.get("name", file.name)
        await organizations.publish(desk, file, changed=True)
        return
    if "identity_number" in values:
        await seniors.change_identity(desk, file, await _identity(desk, file, values["identity_number"]))
    if "name" in values:
        await seniors.change_name(desk, file, values["name"])
    await seniors.publish(desk, file, changed=True)


async def _identity(desk: Desk, file: Senior, text: str) -> IdentityNumber:
    """A number whose birth fits everything on file."""
    identity = seniors.read_identity(text, desk.today)
    life = await lives.of(desk, file.senior_id)
    lives.check(desk, life, replace(life, born=identity.birth_date), "/identity_number")
    return identity


def _name(desk: Desk, file: File) -> str | None:
    return desk.open(file.name) if isinstance(file, Senior) else file.name


def _number(desk: Desk, file: File) -> str | None:
    return desk.open(file.identity_number) if isinstance(file, Senior) else None


def _account(desk: Desk, file: File) -> Any:  # noqa: ANN401  # the members of an account, or nothing
    text = desk.open(file.bank_account)
    return json.loads(text) if text else None


_SAID: dict[str, Callable[[Desk, File], Any]] = {"name": _name, "identity_number": _number, "bank_account": _account}
