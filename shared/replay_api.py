"""Routes that every service offers to operators: tell events once more that were told before."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared import api
from shared.api import Kernel, Session
from shared.auth import Caller, require
from shared.contracts.topics import owned
from shared.dates import IsoMoment
from shared.errors import FieldError, Invalid
from shared.events import replays
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_id, sliced
from shared.text import LongText

SCOPE = "events:replay"
SCOPES = {SCOPE: "Have events told once more 重新发送事件"}
router = api.router("/v1/events/replays", "events 事件")
Operator = Annotated[Caller, require(SCOPE)]
Topic = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,40}\.[a-z]{1,40}$", max_length=81)]


class ReplayIn(BaseModel):
    """What is to be told once more 重新发送请求."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"since_at": "2026-10-01T00:00:00Z", "reason": "数据平台新建,需要历史事件"}]},
    )

    topics: list[Topic] = Field(
        default=[], max_length=20, description="Topics of this service; none: all of them 主题,留空为全部"
    )
    since_at: IsoMoment | None = Field(default=None, description="Only what was written from then on 起始时刻")
    until_at: IsoMoment | None = Field(
        default=None,
        description="Only what was written before; snapshots always up to the newest 截止时刻(快照始终发送至最新)",
    )
    reason: LongText = Field(description="Why; it stands in the audit log 原因(记入审计日志)")


class ReplayOut(BaseModel):
    """A replay and how far it is 重新发送任务."""

    id: UUID
    topics: list[str] = Field(examples=[["registry.seniors"]])
    since_at: datetime | None = Field(validation_alias="since")
    until_at: datetime | None = Field(validation_alias="until")
    reason: str = Field(examples=["数据平台新建,需要历史事件"])
    requested_by: str = Field(description="Who asked 申请人", examples=["operator-01"])
    requested_at: datetime
    sent: int = Field(description="Events told so far 已发送数量")
    finished_at: datetime | None = Field(description="null while there is something left 完成时间")


@router.post("", summary="Have events told once more 重新发送事件", status_code=202)
async def request_replay(body: ReplayIn, session: Session, kernel: Kernel, caller: Operator) -> ReplayOut:
    """The service's relay does it in the background. Readers know repeats by their ids and apply nothing twice."""
    mine = owned(kernel.settings.service)
    wrong = [
        FieldError.of(f"/topics/{place}", "unknown_topic", f"It is none of {', '.join(mine)}.", "不是本服务的主题。")
        for place, topic in enumerate(body.topics)
        if topic not in mine
    ]
    if body.since_at and body.until_at and body.since_at >= body.until_at:
        wrong.append(
            FieldError.of("/until_at", "before_since", "It is not after `since_at`.", "截止时刻须晚于起始时刻。")
        )
    if wrong:
        raise Invalid("There is nothing to tell.", "没有可重新发送的内容。", wrong)
    span = {"since": body.since_at, "until": body.until_at}
    found = await replays.ask(session, caller, body.topics or mine, body.reason, **span)
    return ReplayOut.model_validate(found, from_attributes=True)


@router.get("", summary="List replays 重新发送任务列表")
async def list_replays(
    session: Session,
    caller: Operator,  # noqa: ARG001  # the scope
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ReplayOut]:
    """Replays and how far they are, the newest first."""
    found = await replays.find(session, limit + 1, cursor_id(cursor))
    return sliced([ReplayOut.model_validate(each, from_attributes=True) for each in found], limit)
