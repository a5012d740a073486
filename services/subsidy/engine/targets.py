"""Targets 目标: what a document wants reached, by when, and how that stands. A target stays after its date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from services.subsidy.engine.checks import Known, Refuse, check_source, check_unit
from services.subsidy.engine.model import Force, Source, Text
from services.subsidy.engine.yamlfile import Loc
from shared.clock import Month
from shared.numbers import Count, Figure

State = Literal["before_due", "reached", "overdue", "no_due_date", "not_measured"]
_DECEMBER = 12


class Target(Source):
    """One figure to be reached. ``years`` makes it a quota of each of these years, and of no other."""

    id: str
    label: Text
    indicator: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    op: Literal["at_least", "more_than", "at_most", "equal", "none"]
    value: Figure | None
    unit: str
    due_on: date | None
    due_text: str | None
    year_end_assumed: bool = False
    years: tuple[Count, ...] = ()
    scope: Text | None = None
    force: Force
    note: Text | None = None

    def met_by(self, measured: Decimal) -> bool:
        """Whether a measured figure is what the document wants; never where it names no figure."""
        match self.op:
            case "at_least":
                return self.value is not None and measured >= self.value
            case "more_than":
                return self.value is not None and measured > self.value
            case "at_most":
                return self.value is not None and measured <= self.value
            case "equal":
                return self.value is not None and measured == self.value
        return False

    def due(self, year: int | None = None) -> date | None:
        """Its last day; of a yearly quota, the last day of that year, or of the last of its years."""
        last = year or (max(self.years) if self.years and self.due_on is None else None)
        return Month(last, _DECEMBER).last if last else self.due_on


def state(
    target: Target, on: date, measured: Decimal | None, reached_on: date | None = None, *, year: int | None = None
) -> State:
    """How a target, or its quota of one year, stands on a day.

    ``reached_on`` is the day it was first reached, or a person said so where there is nothing to measure.
    """
    if reached_on is not None and reached_on <= on:
        return "reached"
    if measured is None and target.op != "none":
        return "not_measured"
    if measured is not None and target.met_by(measured):
        return "reached"
    due = target.due(year)
    if due is None:
        return "no_due_date"
    return "overdue" if on > due else "before_due"


def check_target(refuse: Refuse, loc: Loc, target: Target, known: Known) -> None:
    """It stands in its document, has a figure where it compares with one, and its date is as printed."""
    check_source(refuse, loc, target, known)
    check_unit(refuse, loc, target.unit, known)
    if (target.op == "none") != (target.value is None):
        refuse([*loc, "value"], "target_value", op=target.op, value="null" if target.value is None else target.value)
    due = target.due()
    if target.year_end_assumed and (due is None or due != Month(due.year, _DECEMBER).last):
        refuse([*loc, "year_end_assumed"], "target_assumed")
    name, text = known.texts.get(target.document, ("", ""))
    if target.due_on is not None and target.due_text is None:
        refuse([*loc, "due_text"], "due_text_missing", due_on=target.due_on)
    elif target.due_text is not None and name and target.due_text not in text:
        refuse([*loc, "due_text"], "due_text_not_found", source=name)
