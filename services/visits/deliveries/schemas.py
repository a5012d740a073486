"""Shapes of the delivery API 送餐接口: strict, so that a vendor's mistake is named and not guessed at."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from services.visits.deliveries.examples import DEVICE, EVENT
from services.visits.records.domain import BATCH_LIMIT, Method, Outcome, Status
from shared.dates import IsoMoment, Rfc3339
from shared.datum import Datum, GivenDatum
from shared.numbers import DIGITS, Integer
from shared.regions import Region
from shared.text import PLAIN, SHOWN, Code, LongText

JSON_TYPE = r"^[!-.0-~]+/([!-.0-:<-~]+\+)?[Jj][Ss][Oo][Nn][ \t]*(;.*)?$"
EventId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[!-~]+$"),
    Field(description="The vendor's own id, visible ASCII; with the vendor it is the natural key 事件编号"),
]
Sequence = Annotated[
    int,
    Integer(1, 2**31 - 1),
    Field(description="1 at first; a higher number corrects a lower one 版本序号"),
]
Moment = Annotated[
    datetime,
    Rfc3339(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
PlainText = Annotated[str, StringConstraints(min_length=1, max_length=200), PLAIN, SHOWN]
Degrees = Annotated[float, Field(allow_inf_nan=False)]
ManualReason = Literal["no_signal", "device_broken", "device_missing", "card_lost", "senior_unable", "system_outage"]


class Strict(BaseModel):
    """Nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Place(Strict):
    """Where it was handed over, with the datum of its coordinates 送达位置."""

    latitude: Annotated[Degrees, Field(ge=-90, le=90, description="Degrees north 纬度")]
    longitude: Annotated[Degrees, Field(ge=-180, le=180, description="Degrees east 经度")]
    datum: GivenDatum = Field(description="Receivers give WGS-84, maps GCJ-02 or BD-09 坐标系")
    accuracy_m: Annotated[Degrees, Field(gt=-(10**DIGITS), lt=10**DIGITS)] | None = Field(
        default=None,
        description="Radius of uncertainty, metres; null, zero or less: not known 定位精度(米),空值、零或负数表示未知",
    )
    mock: bool = Field(default=False, description="The device reports a simulated place 是否虚拟定位")


class _Data(Strict):
    """The six elements 六要素, without the identity that an envelope carries."""

    sequence: Sequence
    senior_id: UUID = Field(description="For whom 老年人")
    service: Literal["meal"] = Field(description="What 服务项目")
    meals: Annotated[int, Integer(1, 99)] = Field(description="How many meals 份数")
    started_at: Moment = Field(description="When it began, with offset 开始时间")
    ended_at: Moment = Field(description="When it was handed over, with offset 送达时间")
    device_time: Moment = Field(description="The device's clock when it made the record 设备时间")
    place: Place | None = Field(default=None, description="Where; without it a person looks, nothing is refused 位置")
    worker_ref: Code = Field(description="Who: the vendor's opaque code of the courier, never a name 送餐员代码")
    photo_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        default=None, description="SHA-256 of a photo that the vendor keeps 照片摘要"
    )
    note: PlainText | None = Field(default=None, description="No names, no identity numbers 备注")
    correction_reason: PlainText | None = Field(default=None, description="Needed from sequence 2 on 更正原因")


class DeviceData(_Data):
    """Captured by a device 设备采集."""

    method: Literal[Method.DEVICE_GPS, Method.CARD, Method.FACE, Method.CODE] = Field(description="采集方式")
    device_id: Code = Field(description="The phone or terminal 设备编号")


class WitnessData(_Data):
    """Confirmed by a member of staff 工作人员见证."""

    method: Literal[Method.STAFF_WITNESS] = Field(description="采集方式")
    witness_ref: Code = Field(description="Opaque code of the witness 见证人代码")


class ManualData(_Data):
    """Entered by hand 人工补录."""

    method: Literal[Method.MANUAL] = Field(description="采集方式")
    manual_reason: ManualReason = Field(description="Why no device made the record 补录原因")


class _Identity(Strict):
    event_id: EventId
    vendor_id: UUID = Field(description="Must be the token's organisation 助餐机构")


class DeviceDelivery(DeviceData, _Identity):
    """A delivery captured by a device 设备采集的送餐记录."""

    model_config = ConfigDict(json_schema_extra={"example": DEVICE})


class WitnessDelivery(WitnessData, _Identity):
    """A delivery confirmed by a member of staff 见证的送餐记录."""


class ManualDelivery(ManualData, _Identity):
    """A delivery entered by hand 补录的送餐记录."""


class CommonData(_Data):
    """What every method's data has in common, to name the other faults where the method itself is wrong."""

    model_config = ConfigDict(extra="ignore")


class CommonDelivery(CommonData, _Identity):
    """The same for a delivery without an envelope."""

    model_config = ConfigDict(extra="ignore")


DeliveryIn = Annotated[DeviceDelivery | WitnessDelivery | ManualDelivery, Field(discriminator="method")]
DeliveryData = Annotated[DeviceData | WitnessData | ManualData, Field(discriminator="method")]


class DeliveryEvent(BaseModel):
    """A CloudEvent 1.0: ``id`` is the event id, ``source`` the vendor. Extension attributes are not kept."""

    model_config = ConfigDict(extra="ignore", strict=True, json_schema_extra={"example": EVENT})

    specversion: Literal["1.0"]
    type: Literal["cn.anxiang.meal-delivery.recorded.v1"]
    source: Annotated[str, StringConstraints(pattern=r"^urn:uuid:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")] = Field(
        description="`urn:uuid:` and the vendor's organisation id 助餐机构"
    )
    id: EventId
    time: IsoMoment | None = None
    datacontenttype: Annotated[str, StringConstraints(max_length=100, pattern=JSON_TYPE)] | None = None
    data: DeliveryData


class ReasonOut(BaseModel):
    """Why it was flagged or rejected 核验原因."""

    code: str = Field(examples=["place_missing"])
    zh: str
    en: str


class Receipt(BaseModel):
    """What became of a record. The same record posted again gets the same receipt 回执."""

    event_id: str
    sequence: int
    outcome: Literal[Outcome.RECORDED, Outcome.SUPERSEDED] = Field(
        description="superseded: a higher sequence had come before, this one is kept as history 处理结果"
    )
    delivery_id: UUID
    status: Status | None = Field(description="What verification said; null when superseded 核验结果")
    reasons: list[ReasonOut]
    evidence_grade: Literal["A", "B", "C", "D"] = Field(description="Strength of the evidence 证据等级")
    received_at: datetime = Field(description="Server time of the first arrival 服务器时间")


class ItemResult(BaseModel):
    """One event of a batch 批次逐条结果."""

    index: int = Field(ge=0, description="Position in the batch, from 0 序号")
    event_id: str | None = Field(description="null when it could not be read 事件编号")
    outcome: Outcome
    sequence: int | None = None
    delivery_id: UUID | None = None
    status: Status | None = None
    reasons: list[ReasonOut] = []
    evidence_grade: Literal["A", "B", "C", "D"] | None = None
    received_at: datetime | None = None
    problem: dict[str, Any] | None = Field(default=None, description="RFC 9457 problem of a refused item 拒收原因")


class BatchResult(BaseModel):
    """One result per event, in the order of the batch 批次结果."""

    results: list[ItemResult] = Field(max_length=BATCH_LIMIT)


class DeliveryOut(BaseModel):
    """A delivery as it stands 送餐记录."""

    delivery_id: UUID
    vendor_id: UUID
    event_id: str
    sequence: int
    senior_id: UUID
    region: Region
    service: str
    service_date: date
    slot: str = Field(description="breakfast, lunch, dinner or other 餐次")
    meals: int
    started_at: datetime
    ended_at: datetime
    device_time: datetime
    received_at: datetime
    latitude: float | None
    longitude: float | None
    datum: Datum | None
    accuracy_m: float | None
    mock: bool | None
    method: Method
    device_id: str | None
    witness_ref: str | None
    manual_reason: str | None
    worker_ref: str
    photo_sha256: str | None
    note: str | None
    correction_reason: str | None
    evidence_grade: str
    verdict: Status | None = Field(description="What the rules said when it came in; null: came too late 自动核验结果")
    status: Status | None = Field(description="What holds now 当前状态")
    reasons: list[ReasonOut] = Field(description="What the rules say now 当前核验原因")


class DecisionOut(BaseModel):
    """Something that changed a delivery's status after it came in 状态变更."""

    decision: int
    sequence: int
    former_status: Status
    status: Status
    reason: str = Field(
        description="reviewed; the rule that speaks since a fact has changed; facts_changed where one no longer does;"
        " review_lapsed where a refusal lost its reasons 变更原因代码"
    )
    reasons: list[str] | None = Field(description="What the rules said then 当时的核验原因代码")
    ground: str | None = Field(
        description="The fact that had changed: topic, id, version 所依据的事实",
        examples=["registry.seniors/019a4c00-0000-7000-8000-000000000001/4"],
    )
    note: str | None
    decided_by: str
    decided_at: datetime


class DeliveryDetail(DeliveryOut):
    """A delivery with everything that happened to it 送餐记录及历史."""

    versions: list[DeliveryOut] = Field(description="Superseded and late versions, by sequence 历史版本")
    decisions: list[DecisionOut] = Field(description="In order 状态变更")


class ReviewIn(Strict):
    """A person's decision on a flagged delivery 人工复核."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"decision": "clear", "reason": "电话回访老人,确认已收到午餐"}}
    )

    decision: Literal["clear", "reject"] = Field(description="clear: it counts; reject: it does not 复核结论")
    reason: LongText = Field(description="What was found 复核说明")


class LimitsOut(BaseModel):
    """What the delivery API takes 接口上限."""

    batch_events: int = Field(description="Events in one batch 每批最多条数", examples=[BATCH_LIMIT])
    batch_bytes: int = Field(description="Bytes of one batch 每批最大字节数")
    delivery_bytes: int = Field(description="Bytes of one delivery 单条最大字节数")
    clock_skew_minutes: int = Field(description="How far ahead of ours a time may lie 允许的时钟误差(分钟)")
    max_duration_minutes: int = Field(description="Longest delivery 最长时长(分钟)")
    oldest_days: int = Field(description="How far back a delivery may lie 可补报天数")
