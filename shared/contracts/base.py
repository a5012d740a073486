"""What an event is, and the register of all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

EVENTS: dict[str, type[Event]] = {}
"""Every event by its CloudEvents type."""

TOPICS: dict[str, str] = {
    "registry.seniors": "Seniors as the registry knows them 老年人档案快照",
    "registry.organizations": "Organisations, their grades and contracts 机构档案快照",
    "registry.admissions": "Who lives in which institution 入住情况快照",
    "registry.workers": "Keys by which workers are told apart 从业人员标识",
    "registry.changes": "Requests to change where money goes or who somebody is 账户与身份变更事项",
    "visits.services": "What was delivered and what verification said of it 服务记录与核验结果",
    "subsidy.payments": "What was paid, came back or is claimed back 补贴发放、退票与追回",
    "subsidy.applications": "Applications that the register contradicts 存疑的补贴申请",
    "credit.subjects": "Who was put on or taken off a list 信用名单列入与移出",
    "registry.audit": "How far the registry's audit log is sealed 登记服务审计链检查点",
    "subsidy.audit": "How far subsidy's audit log is sealed 补贴服务审计链检查点",
    "visits.audit": "How far visits' audit log is sealed 核验服务审计链检查点",
    "credit.audit": "How far credit's audit log is sealed 信用服务审计链检查点",
}
"""Every topic and what it carries. Each has a dead-letter twin, ``<topic>.dead-letters``."""

LISTENERS: dict[str, tuple[str, ...]] = {
    "registry.seniors": ("credit", "subsidy", "visits"),
    "registry.organizations": ("credit", "subsidy", "visits"),
    "registry.admissions": ("subsidy", "visits"),
    "registry.workers": ("subsidy",),
    "registry.changes": (),
    "visits.services": ("credit", "subsidy"),
    "subsidy.payments": ("credit",),
    "subsidy.applications": ("credit",),
    "credit.subjects": ("registry", "subsidy", "visits"),
    "registry.audit": ("credit",),
    "subsidy.audit": ("credit",),
    "visits.audit": ("credit",),
    "credit.audit": ("registry",),
}
"""Which services read a topic; the AsyncAPI documents are made from it."""

Region = Annotated[
    str,
    Field(
        pattern=r"^\d{12}$",
        description="12-digit region code, a prefix is an ancestor (GB/T 2260, GB/T 10114) 行政区划代码",
    ),
]
CODE = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"


def known(*values: str) -> Any:  # noqa: ANN401  # what pydantic's Field returns
    """For a code: ``Annotated[str, known("active", "closed")]``. A later sender may say others, and readers must let
    them pass, so the schema has a pattern and names those of today; ``docs/codes.md`` lists them."""
    return Field(min_length=1, max_length=64, pattern=CODE, json_schema_extra={"x-known-values": list(values)})


Code = Annotated[str, Field(min_length=1, max_length=64, pattern=CODE)]
"""A code whose list is data: of a policy, a rule book, a bank."""
SeniorId = Annotated[UUID, Field(description="The senior 老年人")]
OrganizationId = Annotated[UUID, Field(description="The organisation 机构")]
Version = Annotated[
    int, Field(ge=1, description="Rises with every change of this aggregate; the higher one wins 版本号")
]
ValidFrom = Annotated[date, Field(description="First day on which this is true 生效日期")]
ValidTo = Annotated[date | None, Field(description="Last day on which this is true; null: still true 失效日期(含当日)")]
RecordedAt = Annotated[datetime, Field(description="When the source wrote it down 登记时间")]


class Part(BaseModel):
    """A part of an event: frozen, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(Part):
    """One event. A subclass names its CloudEvents type and its topic, and shows one example."""

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]
    EXAMPLE: ClassVar[dict[str, Any]]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401  # pydantic's own signature
        super().__pydantic_init_subclass__(**kwargs)
        if "TYPE" not in cls.__dict__:
            return  # a shared shape of several events
        if cls.TYPE in EVENTS or cls.TOPIC not in TOPICS:
            raise TypeError(f"{cls.__name__}: the type {cls.TYPE} is taken, or the topic {cls.TOPIC} is unknown")
        EVENTS[cls.TYPE] = cls

    def key(self) -> str:
        """The aggregate's id: events of one key stay in order."""
        raise TypeError(f"{type(self).__name__} names no key")


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Received(Generic[E]):
    """An event as a handler gets it. ``time`` is when its transaction began in the sending service."""

    id: UUID
    time: datetime
    key: str
    data: E
    traceparent: str | None

    @property
    def told(self) -> str:
        """What puts events without a version in order: their moment, then their id. Compared as text."""
        return f"{self.time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f} {self.id}"


Handler = Callable[["AsyncSession", Sequence[Received[E]]], Awaitable[None]]
"""Gets events of one type, in order per key, in the transaction that will commit them."""
