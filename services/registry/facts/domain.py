"""Dated facts (有时效的事实): when something is true, when we learned it, and what a correction replaces."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

ONE_DAY = timedelta(days=1)
RESIDENCE, DEATH, CARE_LEVEL = "residence", "death", "care_level"
"""Kinds of facts (事实类别) that rules of other modules speak of."""


@dataclass(frozen=True)
class Statement:
    """What somebody says: `value` holds for `kind` from `valid_from` to `valid_to`, both days included."""

    kind: str
    value: str
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True)
class Fact(Statement):
    """A statement on record. It is never edited: a correction sets `superseded_at` and writes new facts."""

    fact_id: UUID
    recorded_at: datetime
    recorded_by: str
    superseded_at: datetime | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the fact is true on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def known_at(self, moment: datetime) -> bool:
        """Whether the register held the fact at `moment`."""
        return self.recorded_at <= moment and (self.superseded_at is None or moment < self.superseded_at)


@dataclass(frozen=True)
class Splice:
    """What one new statement changes: facts that stop being known, and statements to write."""

    superseded: tuple[Fact, ...]
    written: tuple[Statement, ...]


def splice(live: Iterable[Fact], new: Statement) -> Splice:
    """Let `new` rule its own days: facts of the same kind lose those days and keep the rest.

    `live` are the facts known now, of any kind. Facts of other kinds and facts that do not meet `new` stay untouched.
    """
    met = tuple(fact for fact in live if fact.kind == new.kind and _meet(fact, new))
    remainders = (piece for fact in met for piece in _without(fact, new))
    return Splice(met, (*remainders, new))


def replace_all(live: Iterable[Fact], new: Statement) -> Splice:
    """Let `new` stand for every fact of its kind: for what can be true only once, such as a death."""
    return Splice(tuple(fact for fact in live if fact.kind == new.kind), (new,))


def end(live: Iterable[Fact], kind: str, last_day: date) -> Splice:
    """Let nothing of `kind` hold after `last_day`."""
    after = Statement(kind, "", last_day + ONE_DAY, None, "")
    cut = splice(live, after)
    return Splice(cut.superseded, cut.written[:-1])


def withdraw(fact: Fact) -> Splice:
    """Take a fact back without saying anything in its place."""
    return Splice((fact,), ())


def as_known(facts: Sequence[Fact], known_at: datetime, as_of: date | None = None) -> list[Fact]:
    """The facts known at `known_at`, only those true on `as_of` when it is given, ordered by kind and day."""
    known = (fact for fact in facts if fact.known_at(known_at) and (as_of is None or fact.holds_on(as_of)))
    return sorted(known, key=lambda fact: (fact.kind, fact.valid_from))


def _meet(one: Statement, other: Statement) -> bool:
    starts_in_time = other.valid_to is None or one.valid_from <= other.valid_to
    return starts_in_time and (one.valid_to is None or other.valid_from <= one.valid_to)


def _without(fact: Fact, new: Statement) -> list[Statement]:
    """The pieces of `fact` outside the days of `new`."""
    said = Statement(fact.kind, fact.value, fact.valid_from, fact.valid_to, fact.source)
    pieces = []
    if fact.valid_from < new.valid_from:
        pieces.append(replace(said, valid_to=new.valid_from - ONE_DAY))
    if new.valid_to is not None and (fact.valid_to is None or new.valid_to < fact.valid_to):
        pieces.append(replace(said, valid_from=new.valid_to + ONE_DAY))
    return pieces
