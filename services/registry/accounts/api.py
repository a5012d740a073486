"""Route of bank accounts 收款账户."""

from typing import Annotated

from fastapi import Response

from services.registry.accounts import service
from services.registry.accounts.schemas import MOST, LookupIn, LookupOut
from services.registry.desk import Desk, desk_with
from shared.api import bounded, router

accounts = router("/v1/bank-accounts", "bank accounts 收款账户")
Payer = Annotated[Desk, desk_with("registry.bank-accounts:read")]


@accounts.post("/lookup", summary="Look up bank accounts 批量查询收款账户")
@bounded(values=5 * MOST)
async def look_up_bank_accounts(body: LookupIn, desk: Payer, response: Response) -> LookupOut:
    """Accounts in clear for a payment file, at most 10,000 a call. Each call is an entry of the audit log."""
    response.headers["cache-control"] = "no-store"
    return await service.lookup(desk, body)
