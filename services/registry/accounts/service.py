"""Use case of bank accounts: give many of them at once to who pays, and write down that it happened."""

import json

from services.registry.accounts import repository
from services.registry.accounts.schemas import AccountOut, LookupIn, LookupOut
from services.registry.desk import Desk
from shared import audit


async def lookup(desk: Desk, body: LookupIn) -> LookupOut:
    """Decrypt the accounts of beneficiaries in the caller's regions; one audit entry names all that were asked for."""
    ids = list(dict.fromkeys(body.beneficiary_ids))
    found = {
        row[0]: _account(desk, "senior", row[0], desk.keyring.decrypt(row[1]), row[2])
        for row in await repository.of_seniors(desk.session, ids)
    }
    found |= {
        row[0]: _account(desk, "organization", *row) for row in await repository.of_organizations(desk.session, ids)
    }
    await audit.record(
        desk.session,
        desk.caller,
        "registry.bank-accounts.lookup",
        "bank-accounts",
        purpose=body.purpose,
        detail={"asked": len(ids), "found": len(found), "beneficiary_ids": [str(each) for each in ids]},
    )
    accounts = [found[each] for each in ids if each in found]
    return LookupOut(accounts=accounts, missing=[each for each in ids if each not in found])


def _account(desk: Desk, kind: str, key: object, name: str, sealed: bytes) -> AccountOut:
    account = json.loads(desk.keyring.decrypt(sealed))
    holder = account.get("holder") or name
    return AccountOut(
        beneficiary_id=key, beneficiary_kind=kind, holder=holder, bank=account["bank"], account=account["account"]
    )
