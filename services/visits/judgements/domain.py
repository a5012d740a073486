"""What a changed fact touches, and what holds when rules and a person have both spoken 重新判定."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from services.visits.records.domain import REVIEWED, Status, verdict_of

LAPSED, FACTS = "review_lapsed", "facts_changed"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Touch:
    """Deliveries that a changed fact may concern: those of a senior or a vendor from the first to the last day.
    ``ground`` names the fact: topic, id and version."""

    subject: Literal["senior", "vendor"]
    subject_id: UUID
    first: date
    last: date
    ground: str

    def to_json(self) -> dict[str, str]:
        """As a job's payload."""
        return {name: str(getattr(self, name)) for name in ("subject", "subject_id", "first", "last", "ground")}

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Touch:
        """From a job's payload."""
        first, last = date.fromisoformat(given["first"]), date.fromisoformat(given["last"])
        return cls(given["subject"], UUID(given["subject_id"]), first, last, given["ground"])


@dataclass(frozen=True, slots=True)
class Review:
    """A person's decision, and the reasons that stood when it was taken."""

    status: Status
    reasons: frozenset[str]


def settle(spoken: Sequence[str], review: Review | None, effects: Mapping[str, Status]) -> tuple[Status, list[str]]:
    """What holds, and the reasons that carry it.

    A person who cleared a delivery has answered the reasons of that moment, however often they come and go; a reason
    that is new counts. A person's refusal stands as long as all its reasons do; when one falls away, a person looks
    again.
    """
    if review is None:
        return verdict_of(spoken, effects), list(spoken)
    if review.status is Status.VERIFIED:
        left = [code for code in spoken if code not in review.reasons]
        return verdict_of(left, effects), left
    if review.reasons <= set(spoken):
        return Status.REJECTED, [*spoken, REVIEWED]
    rejected = verdict_of(spoken, effects) is Status.REJECTED
    return Status.REJECTED if rejected else Status.FLAGGED, [*spoken, LAPSED]


def why(spoken: Sequence[str], former: Collection[str], told: Sequence[str]) -> str:
    """The code of a change: the rule that speaks now and did not, or that facts took one away."""
    new = [code for code in spoken if code not in former]
    if new:
        return new[0]
    return LAPSED if LAPSED in told else FACTS


def changed_days(
    turns: Iterable[date], before: Callable[[date], object], after: Callable[[date], object]
) -> tuple[date, date] | None:
    """The first and last day on which two accounts differ; ``turns`` are the days on which either may change."""
    days = [date.min, *sorted(set(turns) - {date.min})]
    different = [place for place, day in enumerate(days) if before(day) != after(day)]
    if not different:
        return None
    following = different[-1] + 1
    return days[different[0]], days[following] - DAY if following < len(days) else date.max


def turns_of(*spans: tuple[date, date]) -> list[date]:
    """The days on which spans begin, and those after which they have ended."""
    return [day for first, last in spans for day in (first, after(last)) if day is not None]


def after(day: date) -> date:
    """The next day; the last one has none."""
    return day if day == date.max else day + DAY
