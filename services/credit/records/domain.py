"""What follows from a record's class and the date of its document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from services.credit.lists.periods import Period


class Status(StrEnum):
    """Whether a record counts."""

    IN_FORCE = "in_force"
    REPAIRED = "repaired"
    ENDED = "ended"


class Rule(Protocol):
    """The periods of a class (信用信息分类)."""

    @property
    def published(self) -> bool:
        """Whether it is published at all."""

    @property
    def repair_after(self) -> Period:
        """The shortest time before repair."""

    @property
    def ends_after(self) -> Period:
        """The longest time it is shown or used."""


@dataclass(frozen=True)
class Dates:
    """First day of repair and last day in force; None where no rule is known for the day."""

    published: bool
    repair_from: date | None
    ends_on: date | None


def dates_of(rule: Rule | None, issued_on: date) -> Dates:
    """The clock starts on the date of the official document."""
    if rule is None:
        return Dates(published=False, repair_from=None, ends_on=None)
    return Dates(
        rule.published, rule.repair_after.after(issued_on), rule.ends_after.after(issued_on) - timedelta(days=1)
    )


def status_on(day: date, repaired_on: date | None, ends_on: date | None) -> Status:
    """A repaired or ended record affects nobody and is not shown."""
    if repaired_on is not None and repaired_on <= day:
        return Status.REPAIRED
    return Status.ENDED if ends_on is not None and ends_on < day else Status.IN_FORCE
