"""A meal delivery 助餐送达记录: its content, its versions, and what a newly arrived version means for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any
from uuid import UUID

BATCH_LIMIT = 1000
BATCH_BYTES, DELIVERY_BYTES = 4 * 1024 * 1024, 64 * 1024
BATCH_VALUES = 100 * BATCH_LIMIT
"""More than batches of sensible events hold: one with more is read item by item at once."""
EVENT_TYPE = "cn.anxiang.meal-delivery.recorded.v1"
SOURCE_PREFIX = "urn:uuid:"
REVIEWED = "reviewed"
"""Why a status changed, where a person decided."""


class Method(StrEnum):
    """By which means it was captured 采集方式."""

    DEVICE_GPS = "device_gps"
    CARD = "card"
    FACE = "face"
    CODE = "code"
    STAFF_WITNESS = "staff_witness"
    MANUAL = "manual"


class Status(StrEnum):
    """Whether it counts 核验状态."""

    VERIFIED = "verified"
    FLAGGED = "flagged"
    REJECTED = "rejected"


def verdict_of(reasons: Collection[str], effects: Mapping[str, Status]) -> Status:
    """What reasons lead to: rejected before flagged before verified."""
    if not reasons:
        return Status.VERIFIED
    rejected = any(effects.get(code) is Status.REJECTED for code in reasons)
    return Status.REJECTED if rejected else Status.FLAGGED


class Outcome(StrEnum):
    """What became of a posted record 处理结果."""

    RECORDED = "recorded"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a delivery was flagged or rejected."""

    code: str
    zh: str
    en: str


@dataclass(slots=True)
class Delivery:
    """What the vendor says: who, for whom, what, where, from when to when, by which means. Metres and degrees."""

    vendor_id: UUID
    event_id: str
    sequence: int
    senior_id: UUID
    service: str
    meals: int
    started_at: datetime
    ended_at: datetime
    device_time: datetime
    latitude: float | None
    longitude: float | None
    datum: str | None
    accuracy_m: float | None
    mock: bool | None
    method: str
    device_id: str | None
    witness_ref: str | None
    manual_reason: str | None
    worker_ref: str
    photo_sha256: str | None
    note: str | None
    correction_reason: str | None


CONTENT: tuple[str, ...] = tuple(f.name for f in fields(Delivery))
content_of = attrgetter(*CONTENT)


@dataclass(slots=True)
class Record:
    """One stored version of a delivery. ``verdict`` and ``reasons`` are what the rules said when it came in and never
    change; ``status`` is what holds now. A version that came after a higher one has no verdict.
    ``decision`` counts what was decided on this delivery, over all its versions."""

    delivery_id: UUID
    region: str
    service_date: date
    slot: str
    evidence_grade: str
    verdict: str | None
    reasons: list[str]
    status: str | None
    decision: int
    received_at: datetime
    delivery: Delivery

    @property
    def outcome(self) -> Outcome:
        """What was answered when it came in."""
        return Outcome.SUPERSEDED if self.verdict is None else Outcome.RECORDED


@dataclass(slots=True)
class Known:
    """All versions of one delivery that are stored or about to be."""

    delivery_id: UUID
    current: Record | None = None
    former: dict[int, Record] = field(default_factory=dict)
    stored_on: date | None = None  # day under which a current version lies in the database; None: none there yet
    is_changed: bool = False  # its current version is to be written
    exists: bool = False  # the natural key was there before this transaction
    keyed_on: date | None = None  # day that the natural key names

    @property
    def stored_elsewhere(self) -> bool:
        """Whether it exists in a district that the caller may not see."""
        return self.exists and self.current is None

    @property
    def moved(self) -> bool:
        """Whether the current version lies on another day than the key says."""
        return self.current is not None and self.current.service_date != self.keyed_on

    def at(self, sequence: int) -> Record | None:
        """The version of a sequence number."""
        if self.current is not None and self.current.delivery.sequence == sequence:
            return self.current
        return self.former.get(sequence)


class Arrival(StrEnum):
    """What a version means when it arrives."""

    NEW = "new"
    REPLAY = "replay"
    CONFLICT = "conflict"
    OLDER = "older"
    NEWER = "newer"


def arrival(known: Known, delivery: Delivery) -> Arrival:
    """Same sequence and content: a replay; same sequence, other content: a conflict; otherwise the higher one wins."""
    same = known.at(delivery.sequence)
    if same is not None:
        return Arrival.REPLAY if same.delivery == delivery else Arrival.CONFLICT
    if known.current is None:
        return Arrival.NEW
    return Arrival.NEWER if delivery.sequence > known.current.delivery.sequence else Arrival.OLDER


def from_row(row: Mapping[str, Any]) -> Record:
    """A stored version."""
    return Record(
        row["delivery_id"],
        row["region"],
        row["service_date"],
        row["slot"],
        row["evidence_grade"],
        row["verdict"],
        list(row["reasons"]),
        row["status"],
        row["decision"],
        row["received_at"],
        Delivery(*(row[name] for name in CONTENT)),
    )


RECORD: tuple[str, ...] = tuple(f.name for f in fields(Record) if f.name != "delivery")
record_of = attrgetter(*RECORD)
COLUMNS: tuple[str, ...] = RECORD + CONTENT
"""Columns of a stored version, in the order of ``row_of``."""


def row_of(record: Record) -> tuple[Any, ...]:
    """A stored version as the database's row."""
    values: tuple[Any, ...] = record_of(record)
    return values + content_of(record.delivery)
