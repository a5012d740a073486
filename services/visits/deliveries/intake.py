"""One batch at the table 批次处理: versions put in order, each new one judged, in the order in which they came."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from services.visits.deliveries.reading import Refusal
from services.visits.errors import EventElsewhere, SequenceConflict
from services.visits.records.domain import Arrival, Delivery, Known, Record, Status, arrival
from services.visits.verification.domain import Case, Meal, Senior, Standing, Vendor
from services.visits.verification.geo import Place
from services.visits.verification.neighbours import Neighbourhood
from services.visits.verification.rulebook import Rulebook
from services.visits.verification.rules import judge
from services.visits.verification.terms import Terms

_TICK = timedelta(microseconds=1)
"""Between two of a batch, so that the order in which they were judged can be told later."""


@dataclass(slots=True)
class Answer:
    """A recorded or superseded item. ``replayed``: it had been answered before, with the same record."""

    record: Record
    replayed: bool = False


def settled(known: Known, delivery: Delivery) -> Answer | Refusal | None:
    """What a delivery is answered whose sequence is known already, whatever the caller may see today: the first answer
    again, or that it had other content. None where it is not known."""
    how = arrival(known, delivery)
    return _settled(known, delivery, how) if how in _SETTLED else None


_SETTLED = frozenset({Arrival.REPLAY, Arrival.CONFLICT})


def _settled(known: Known, delivery: Delivery, how: Arrival) -> Answer | Refusal:
    if how is Arrival.REPLAY:
        return Answer(_known_version(known, delivery.sequence), replayed=True)
    return Refusal(delivery.event_id, EventElsewhere() if known.stored_elsewhere else _conflict(delivery.sequence))


@dataclass(slots=True)
class Sighting:
    """A delivery with its senior and what follows from both."""

    delivery: Delivery
    senior: Senior
    known: Known
    service_date: date
    region: str
    terms: Terms
    slot: str

    def meal(self) -> Meal:
        """As its neighbours see it."""
        return meal_of(self.known.delivery_id, self.delivery, self.service_date, self.slot)


def meal_of(delivery_id: UUID, d: Delivery, service_date: date, slot: str) -> Meal:
    """A delivery as its neighbours see it."""
    place = Place.of(d.latitude, d.longitude, d.datum, d.accuracy_m)
    return Meal(
        delivery_id, d.vendor_id, d.senior_id, service_date, slot, d.worker_ref, d.started_at, d.ended_at, place
    )


@dataclass(slots=True)
class Intake:
    """Facts read, versions known, and what is to be written."""

    vendor: Vendor
    book: Rulebook
    now: datetime
    near: Neighbourhood
    changed: list[Known] = field(default_factory=list)
    uncounted: list[Record] = field(default_factory=list)  # stored versions that counted and no longer do
    history: list[Record] = field(default_factory=list)
    left: list[Record] = field(default_factory=list)  # versions that others were compared with and no longer are
    standings: dict[tuple[str, date], Standing] = field(default_factory=dict)

    def take(self, sighting: Sighting, meal: Meal) -> Answer | Refusal:
        """What becomes of one delivery."""
        known, delivery = sighting.known, sighting.delivery
        how = arrival(known, delivery)
        if how in _SETTLED:
            return _settled(known, delivery, how)
        if known.stored_elsewhere:
            return Refusal(delivery.event_id, EventElsewhere())
        if how is Arrival.OLDER:
            return Answer(self._keep_late(sighting, meal))
        return Answer(self._make_current(sighting, meal))

    @property
    def only(self) -> Record | None:
        """The one delivery there is to write, if nobody knew of it."""
        if len(self.changed) == 1 and not self.history and not self.changed[0].exists:
            return self.changed[0].current
        return None

    def _keep_late(self, sighting: Sighting, meal: Meal) -> Record:
        record = self._record(sighting, meal, None, [], 0)
        sighting.known.former[record.delivery.sequence] = record
        self.history.append(record)
        return record

    def _make_current(self, sighting: Sighting, meal: Meal) -> Record:
        known, former = sighting.known, sighting.known.current
        self.now += _TICK
        verdict, reasons = judge(self._case(sighting, meal, former))
        decision = self._replace(known, former, meal, verdict) if former else 0
        record = self._record(sighting, meal, verdict, reasons, decision + 1)
        known.current = record
        if not known.is_changed:
            known.is_changed = True
            self.changed.append(known)
        if verdict is not Status.REJECTED:
            self.near.put(meal)
        return record

    def _replace(self, known: Known, former: Record, meal: Meal, verdict: Status) -> int:
        """Move the version that was current into history; the last decision number that this uses up."""
        known.former[former.delivery.sequence] = former
        self.history.append(former)
        place = meal_of(former.delivery_id, former.delivery, former.service_date, former.slot)
        self.near.remove(place)
        was_announced = known.stored_on is not None and not known.is_changed
        if former.status != Status.REJECTED and (verdict is Status.REJECTED or place != meal):
            self.left.append(former)
        if was_announced and former.status == Status.VERIFIED:
            self.uncounted.append(former)
            return former.decision + 1
        return former.decision

    def _case(self, sighting: Sighting, meal: Meal, former: Record | None) -> Case:
        return Case(
            sighting.delivery,
            meal,
            sighting.senior,
            self._standing(sighting.region, sighting.service_date),
            sighting.terms,
            self.now,
            self.near.same_slot(meal),
            self.near.elsewhere(meal, sighting.terms),
            former is not None and former.status != Status.VERIFIED,
        )

    def _standing(self, region: str, day: date) -> Standing:
        found = self.standings.get((region, day))
        if found is None:
            found = self.standings[region, day] = self.vendor.standing(region, day)
        return found

    def _record(self, sighting: Sighting, meal: Meal, verdict: str | None, reasons: list[str], decision: int) -> Record:
        delivery = sighting.delivery
        placed = meal.place is not None and not delivery.mock
        return Record(
            sighting.known.delivery_id,
            sighting.region,
            sighting.service_date,
            sighting.slot,
            self.book.grades[delivery.method, placed],
            verdict,
            reasons,
            verdict,
            decision,
            self.now,
            delivery,
        )


def _known_version(known: Known, sequence: int) -> Record:
    record = known.at(sequence)
    assert record is not None  # noqa: S101  # a replay is of a version that is known
    return record


def _conflict(sequence: int) -> SequenceConflict:
    return SequenceConflict(
        f"Sequence {sequence} of this event was recorded with other content; send a correction with a higher one.",
        f"该事件的序号 {sequence} 已有不同内容的记录,请以更高序号更正。",
    )
