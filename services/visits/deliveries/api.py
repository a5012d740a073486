"""Routes of deliveries 送餐记录接口."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from services.visits.deliveries import documents, presenting, reading, review, service
from services.visits.deliveries.reading import Refusal
from services.visits.deliveries.schemas import (
    BatchResult,
    DeliveryDetail,
    DeliveryOut,
    LimitsOut,
    Receipt,
    ReviewIn,
)
from services.visits.errors import (
    BatchTooLarge,
    DeliveryNotFound,
    EventElsewhere,
    NotADelivery,
    NotCloudEvents,
    NotFlagged,
    OtherVendor,
    OwnDelivery,
    SeniorNotFound,
    SequenceConflict,
    VendorUnknown,
)
from services.visits.records.domain import BATCH_BYTES, BATCH_LIMIT, DELIVERY_BYTES, Status
from services.visits.verification.rulebook import rulebook
from shared.api import DirectRoute, ImpersonalRoute, Kernel, Session, bounded, router
from shared.auth import Caller, require
from shared.clock import Month, MonthText, now
from shared.database import Database, Transaction
from shared.errors import NotFound, problems
from shared.kernel import KernelState
from shared.language import language_of
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page

intake = router("/v1/deliveries", "deliveries 送餐记录", DirectRoute)
deliveries = router("/v1/deliveries", "deliveries 送餐记录")
limits = router("/v1/limits", "deliveries 送餐记录", ImpersonalRoute)
Writer = Annotated[Caller, require("visits.deliveries:write")]
Reader = Annotated[Caller, require("visits.deliveries:read")]
Reviewer = Annotated[Caller, require("visits.deliveries:review")]
REPLAYED = "anxiang-replayed"
_REPLAYED = {
    REPLAYED: {"description": "How many items had been answered before 重复条数", "schema": {"type": "integer"}}
}


def _database(request: Request) -> tuple[Database, Transaction]:
    """The service's database and the request's transaction, for the two hot routes, which go without dependencies."""
    kernel: KernelState = request.app.state.kernel
    session: Transaction = request.state.session
    return kernel.database, session


@intake.post(
    "",
    summary="Record a delivery 上报送餐记录",
    status_code=201,
    response_model=Receipt,
    response_description="Recorded: verified, flagged or rejected 已记录",
    responses={
        200: {
            "model": Receipt,
            "description": "Kept as history, a higher sequence had come before 已被更高序号取代",
            "headers": _REPLAYED,
        },
        201: {"headers": _REPLAYED},
        **problems(
            OtherVendor, VendorUnknown, SeniorNotFound, SequenceConflict, EventElsewhere, NotCloudEvents, NotADelivery
        ),
    },
    openapi_extra=documents.SINGLE_BODY,
    max_body_size=DELIVERY_BYTES,
)
async def record_delivery(request: Request, caller: Writer) -> Response:
    """Record one delivery with its six elements 六要素. Vendor and event id are the natural key: the same record
    posted again gets the same answer, and `anxiang-replayed: 1`. A higher `sequence` corrects."""
    delivery = reading.read_one(request.headers, await request.body())
    prefix = "" if reading.is_plain(request.headers) else "/data"
    [answer] = await service.record(*_database(request), caller, [delivery], now=now(), book=rulebook(), prefix=prefix)
    if isinstance(answer, Refusal):
        raise answer.problem
    status = 201 if answer.record.verdict else 200
    return presenting.json(presenting.receipt(answer.record, rulebook()), status, {REPLAYED: str(int(answer.replayed))})


@intake.post(
    "/batch",
    summary="Record a batch of deliveries 批量上报送餐记录",
    response_model=BatchResult,
    responses={
        200: {"headers": _REPLAYED},
        **problems(BatchTooLarge, VendorUnknown, OtherVendor, NotCloudEvents, NotADelivery),
    },
    openapi_extra=documents.BATCH_BODY,
    max_body_size=BATCH_BYTES,
)
@bounded(values=BATCH_BYTES)
async def record_deliveries(request: Request, caller: Writer) -> Response:
    """Record up to 1,000 CloudEvents. One result per event, in order; bad ones do not harm good ones; the whole
    batch can be sent again. A batch over the limit is refused whole."""
    body = await request.body()
    items = reading.read_whole(request.headers, body)
    if items is None:  # what is wrong with a hostile one takes a while to tell
        items = await asyncio.to_thread(reading.read_pieces, body)
    answers = await service.record(*_database(request), caller, items, now=now(), book=rulebook(), prefix="/data")
    return presenting.batch(answers, rulebook(), language_of(request), REPLAYED)


@deliveries.get("", summary="List deliveries 查询送餐记录", responses=problems(NotADelivery))
@bounded(at_once=4)
async def list_deliveries(
    session: Session,
    _caller: Reader,
    *,
    month: Annotated[MonthText | None, Query(description="Month of service 服务月份")] = None,
    senior_id: Annotated[UUID | None, Query(description="One senior 老年人")] = None,
    status: Annotated[Status | None, Query(description="What holds now 当前状态")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[DeliveryOut]:
    """Deliveries of the caller's districts, for a vendor its own; newest first."""
    records, following = await service.page(
        session,
        month=Month.parse(month) if month else None,
        senior_id=senior_id,
        status=status,
        cursor=cursor,
        limit=limit,
    )
    return Page(items=[presenting.delivery(r, rulebook()) for r in records], next=following)


@deliveries.get("/example", include_in_schema=False)
async def example_delivery(session: Session, caller: Writer, kernel: Kernel) -> dict[str, Any]:
    """For the demo's page: the example of each media type as the caller can send it. Real work is never filled in."""
    if not kernel.settings.demo:
        raise NotFound
    return await service.example(session, caller, now())


@deliveries.get("/{delivery_id:uuid}", summary="Read a delivery 查看送餐记录", responses=problems(DeliveryNotFound))
async def read_delivery(delivery_id: UUID, session: Session, _caller: Reader) -> DeliveryDetail:
    """A delivery with its former and late versions and all decisions on it."""
    return presenting.detail(await service.detail(session, delivery_id), rulebook())


@deliveries.post(
    "/{delivery_id}/review",
    summary="Review a flagged delivery 人工复核",
    responses=problems(DeliveryNotFound, NotFlagged, OwnDelivery),
)
async def review_delivery(delivery_id: UUID, body: ReviewIn, session: Session, caller: Reviewer) -> DeliveryDetail:
    """A person clears a flagged delivery, so that it counts, or rejects it. Kept with the reason, and audited."""
    await review.decide(session, caller, delivery_id, body.decision, note=body.reason, now=now())
    return presenting.detail(await service.detail(session, delivery_id), rulebook())


@limits.get("", summary="Limits of the delivery API 接口上限")
async def read_delivery_limits(_caller: Reader) -> LimitsOut:
    """What a vendor's client has to keep to."""
    book = rulebook().limits(now().date())
    return LimitsOut(
        batch_events=BATCH_LIMIT,
        batch_bytes=BATCH_BYTES,
        delivery_bytes=DELIVERY_BYTES,
        clock_skew_minutes=int(book.clock_skew.total_seconds() // 60),
        max_duration_minutes=int(book.max_duration.total_seconds() // 60),
        oldest_days=book.oldest.days,
    )
