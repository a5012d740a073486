"""Use case of bank accounts: give many of them at once to who pays, and write down that it happened."""

import json
from collections.abc import Iterable, Sequence
from uuid import UUID

from services.registry.accounts import repository
from services.registry.accounts.schemas import AccountOut, BeneficiaryOut, LookupIn, LookupOut
from services.registry.changes import repository as changes
from services.registry.desk import Desk
from services.registry.subjects import repository as subjects
from services.registry.subjects.domain import SubjectKind
from shared import audit
from shared.regions import common_region

Beneficiary = tuple[SubjectKind | None, UUID]


async def lookup(desk: Desk, body: LookupIn) -> LookupOut:
    """Decrypt the accounts of beneficiaries in the caller's regions; one audit entry names all that were asked for.

    An account is found under its beneficiary's kind only, and not while somebody asks to change where the money goes
    or who the beneficiary is.
    """
    ids = [one.id for one in body.beneficiaries] if body.beneficiaries else list(body.beneficiary_ids or ())
    kinds = await subjects.kinds_of(desk.session, ids)
    asked = _asked(body, kinds)
    known = [one for one in asked if one[0] and kinds.get(one[1]) == one[0]]
    found = await _accounts(desk, known)
    pending = await changes.waiting(desk.session, ids)
    payable = [one for one in asked if one in found and one not in pending]
    answer = LookupOut(
        accounts=[found[one] for one in payable],
        pending=_named(one for one in asked if one in pending),
        missing=_named(one for one in asked if one not in found and one not in pending)
        if body.beneficiaries
        else [one[1] for one in asked if one not in payable],
    )
    await _note(desk, body.purpose, asked, answer)
    return answer


def _asked(body: LookupIn, kinds: dict[UUID, str]) -> list[Beneficiary]:
    """Each beneficiary once, in the order asked; an id without a kind gets the one that it is registered under."""
    if body.beneficiaries:
        return list(dict.fromkeys((one.kind, one.id) for one in body.beneficiaries))
    payable = {kind.value: kind for kind in SubjectKind}
    return list(dict.fromkeys((payable.get(kinds.get(key, "")), key) for key in body.beneficiary_ids or ()))


async def _accounts(desk: Desk, known: Sequence[Beneficiary]) -> dict[Beneficiary, AccountOut]:
    seniors = [key for kind, key in known if kind is SubjectKind.SENIOR]
    organizations = [key for kind, key in known if kind is SubjectKind.ORGANIZATION]
    rows = [
        (SubjectKind.SENIOR, key, desk.keyring.decrypt(name), sealed)
        for key, name, sealed in await repository.of_seniors(desk.session, seniors)
    ]
    rows += [(SubjectKind.ORGANIZATION, *row) for row in await repository.of_organizations(desk.session, organizations)]
    return {(kind, key): _account(desk, kind, key, name, sealed) for kind, key, name, sealed in rows}


def _account(desk: Desk, kind: SubjectKind, key: UUID, name: str, sealed: bytes) -> AccountOut:
    account = json.loads(desk.keyring.decrypt(sealed))
    holder = account.get("holder") or name
    return AccountOut(
        beneficiary_id=key, beneficiary_kind=kind, holder=holder, bank=account["bank"], account=account["account"]
    )


def _named(some: Iterable[Beneficiary]) -> list[BeneficiaryOut]:
    return [BeneficiaryOut(kind=kind, id=key) for kind, key in some if kind]


async def _note(desk: Desk, purpose: str, asked: Sequence[Beneficiary], answer: LookupOut) -> None:
    detail = {
        "asked": len(asked),
        "found": len(answer.accounts),
        "pending": [str(one.id) for one in answer.pending],
        "beneficiary_ids": [str(key) for _, key in asked],
    }
    regions = await repository.regions_of(desk.session, [key for _, key in asked])
    await audit.record(
        desk.session,
        desk.caller,
        "registry.bank-accounts.lookup",
        "bank-accounts",
        region=common_region(regions) if regions else "",
        purpose=purpose,
        detail=detail,
    )
