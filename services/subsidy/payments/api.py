"""Routes of payment batches 支付批次."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from services.subsidy import packs
from services.subsidy.engine import Pack
from services.subsidy.errors import (
    BatchGivenOut,
    BatchNotFound,
    BatchNotGivenOut,
    BatchNotReady,
    BatchOutOfDate,
    NothingToPay,
    ReturnFileRefused,
    RunNotFound,
    WrongState,
)
from services.subsidy.payments import download, repository, service
from services.subsidy.payments.again import words
from services.subsidy.payments.domain import ItemState
from services.subsidy.payments.models import Item
from services.subsidy.payments.schemas import (
    BatchIn,
    BatchOut,
    ConfirmIn,
    ConfirmOut,
    FindingIn,
    FindingOut,
    ItemOut,
    ReturnOut,
    WordsOut,
)
from services.subsidy.runs import service as runs
from shared import uploads
from shared.answers import LOCATED, TAGGED
from shared.api import Kernel, Session, bounded, router
from shared.auth import Caller, require
from shared.database import Scope
from shared.errors import problems
from shared.limits import LONG_SECONDS
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_cursor

run_routes = router("/v1/runs", "payments 发放")
routes = router("/v1/payment-batches", "payments 发放")
Reader = Annotated[Caller, require("subsidy.payments:read")]
Writer = Annotated[Caller, require("subsidy.payments:write")]
LAST = 2**31 - 1
PAYMENT_EXAMPLE = (
    "H,AXPAY1,019ad0c5-1a2b-7c3d-8e4f-5a6b7c8d9e0f,2026-10,1,5000,utf-8\r\n"
    "D,1,019ad0c4-8f20-7a51-8c3e-5d2f4b6a7c80,张建国,6222020000001234567,示范农村商业银行,50.00,尊老金2026-10\r\n"
    f"T,1,5000,{'9f' * 32}\r\n"
)
CSV: dict[str, Any] = {"schema": {"type": "string"}, "example": PAYMENT_EXAMPLE}
RETURN_EXAMPLE = (
    "H,AXRET1,019ad0c5-1a2b-7c3d-8e4f-5a6b7c8d9e0f,1,5000\r\n"
    "D,1,019ad0c4-8f20-7a51-8c3e-5d2f4b6a7c80,50.00,S,0000\r\nT,1,1,5000,0,0\r\n"
)


@run_routes.post(
    "/{run_id}/payment-batches",
    summary="Prepare a payment file 生成支付批次",
    status_code=202,
    responses=problems(RunNotFound, WrongState, BatchNotReady, NothingToPay) | {202: LOCATED},
)
@bounded(at_once=2, seconds=LONG_SECONDS)
async def create_payment_batch(
    *, run_id: UUID, session: Session, caller: Writer, response: Response, body: BatchIn | None = None
) -> BatchOut:
    """Collect every line of an approved run that waits for payment, with its account from the registry.

    Prepared in the background. Returned lines go with it once they are confirmed; the same ``batch_id`` again
    answers the same batch.
    """
    batch = await service.create(session, caller, run_id, body or BatchIn())
    response.headers["location"] = f"/subsidy/v1/payment-batches/{batch.id}"
    return BatchOut.model_validate(batch)


@run_routes.get(
    "/{run_id}/payment-batches", summary="List a run's payment batches 支付批次列表", responses=problems(RunNotFound)
)
async def list_payment_batches(run_id: UUID, session: Session, caller: Reader) -> list[BatchOut]:  # noqa: ARG001  # the scope
    """The batches of a run in their order."""
    await runs.find(session, run_id)
    return [BatchOut.model_validate(batch) for batch in await repository.batches(session, run_id)]


@routes.get("/{batch_id}", summary="Read a payment batch 支付批次详情", responses=problems(BatchNotFound))
async def read_payment_batch(batch_id: UUID, session: Session, caller: Reader) -> BatchOut:  # noqa: ARG001  # the scope
    """A batch with its control totals."""
    return BatchOut.model_validate(await service.find(session, batch_id))


@routes.get("/{batch_id}/items", summary="List a batch's rows 支付明细", responses=problems(BatchNotFound))
async def list_payment_items(
    *,
    batch_id: UUID,
    session: Session,
    kernel: Kernel,
    caller: Reader,  # noqa: ARG001  # the scope
    state: Annotated[ItemState | None, Query(description="Only in this state 状态")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ItemOut]:
    """Rows in the order of the file, without accounts; then those without an account, and those that are held."""
    batch = await service.find(session, batch_id)
    after = min(int(decode_cursor(cursor, (int,))[0]), LAST) if cursor else 0
    found = await repository.page_of_items(session, batch, after, limit + 1, state)
    law = packs.packs(kernel.settings).for_region(batch.region)
    items = [_shown(item, law) for item in found[:limit]]
    return Page(items=items, next=encode_cursor(items[-1].sequence) if len(found) > limit else None)


def _shown(item: Item, law: Pack) -> ItemOut:
    told = ItemOut.model_validate(item)
    if item.state != ItemState.HELD or item.code is None:
        return told
    return told.model_copy(update={"reason": WordsOut(**words(law, item.code))})


@routes.get(
    "/{batch_id}/file",
    summary="Download the payment file 下载支付文件",
    responses=problems(BatchNotFound, BatchNotReady, BatchOutOfDate)
    | {
        200: {
            "description": "The file, as `docs/subsidy.md` describes it 支付文件",
            "content": {"text/csv": CSV},
            **TAGGED,
        }
    },
    response_class=Response,
)
@bounded(at_once=2)
async def download_payment_file(batch_id: UUID, session: Session, kernel: Kernel, caller: Writer) -> Response:
    """The file for the bank with accounts in clear, the same bytes each time: only for those who pay, and each
    download is audited.

    For the first time it leaves within half an hour of its preparation only, so that nobody is paid on an old look;
    later, withdraw the batch and prepare another.
    """
    batch = await service.file(session, caller, batch_id)
    content = download.pieces(kernel.database, Scope.of(caller), kernel.keyring, batch)
    headers = {
        "content-disposition": f'attachment; filename="payment-{batch_id}.csv"',
        "cache-control": "no-store",
        "etag": f'"{batch.sha256}"',
    }
    return StreamingResponse(content, media_type=f"text/csv; charset={batch.encoding}", headers=headers)


@routes.post(
    "/{batch_id}/withdraw",
    summary="Withdraw a batch that was never downloaded 撤回支付批次",
    responses=problems(BatchNotFound, BatchNotReady, BatchGivenOut),
)
@bounded(at_once=2, seconds=LONG_SECONDS)
async def withdraw_payment_batch(batch_id: UUID, session: Session, caller: Writer) -> BatchOut:
    """Its lines wait for the next batch, which looks at each of them again. Once more changes nothing."""
    return BatchOut.model_validate(await service.withdraw(session, caller, batch_id))


@routes.post(
    "/{batch_id}/returns",
    summary="Import the bank's return file 导入回盘文件",
    responses=problems(BatchNotFound, BatchNotReady, BatchNotGivenOut, ReturnFileRefused),
    openapi_extra=uploads.body_of("BankReturnFile", "The bank's answer to a payment file 银行回盘文件", RETURN_EXAMPLE),
)
@bounded(at_once=2, seconds=LONG_SECONDS)
async def import_bank_return(batch_id: UUID, request: Request, session: Session, caller: Writer) -> ReturnOut:
    """Taken whole, or refused whole with every row that does not fit. The same file again changes nothing.

    Rows of which the bank says something else than before are taken too, and flagged; both answers are kept.
    """
    _, content = await uploads.received(request, bare=True)
    return await service.take_return(session, caller, batch_id, content)


@routes.post(
    "/{batch_id}/confirmations", summary="Confirm returned rows 确认退票重发", responses=problems(BatchNotFound)
)
@bounded(at_once=2, seconds=LONG_SECONDS)
async def confirm_returned_rows(batch_id: UUID, body: ConfirmIn, session: Session, caller: Writer) -> ConfirmOut:
    """After the account was put right: let returned rows go out with the next batch."""
    return ConfirmOut(confirmed=await service.confirm(session, caller, batch_id, body.line_ids))


@routes.post(
    "/{batch_id}/findings",
    summary="Decide on rows returned first and settled later 核实回盘矛盾",
    responses=problems(BatchNotFound),
)
@bounded(at_once=2, seconds=LONG_SECONDS)
async def decide_on_findings(batch_id: UUID, body: FindingIn, session: Session, caller: Writer) -> FindingOut:
    """Say whether the money arrived. If it did, nothing more is sent, and what was sent twice is claimed back."""
    return FindingOut(found=await service.find_out(session, caller, batch_id, body))
