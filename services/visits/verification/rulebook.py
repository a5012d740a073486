"""The rulebook 规则手册: ``rules.yaml`` read strictly, and the terms it gives for a region and a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from ruamel.yaml import YAML

from services.visits.records.domain import Method, Reason, Status
from services.visits.verification.rules import RULES
from services.visits.verification.terms import OTHER, Area, Terms

FILE = Path(__file__).with_name("rules.yaml")
T = TypeVar("T")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dated(_Strict, Generic[T]):
    """One value: since when, for whom, from where, and how sure we are."""

    from_: date = Field(alias="from")
    region: str = Field(default="", pattern=r"^[0-9]*$")
    value: T
    source: str = Field(min_length=1)
    confidence: Literal["statute", "convention", "assumption"]


class Entry(_Strict, Generic[T]):
    """A parameter or a rule with all its values."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    values: tuple[Dated[T], ...] = Field(min_length=1)

    def at(self, region: str, day: date) -> T:
        """The value of a region on a day: the longest prefix, then the latest. ValueError when there is none."""
        fitting = [v for v in self.values if v.from_ <= day and region.startswith(v.region)]
        if not fitting:
            raise ValueError(f"no value for {region} on {day}: {self.en}")
        return max(fitting, key=lambda v: (len(v.region), v.from_)).value


class _Circle(_Strict):
    """An ``Area`` as it is written."""

    latitude: float
    longitude: float
    radius_km: float = Field(gt=0)


class Strength(_Strict):
    """Evidence grade of a method."""

    with_place: Literal["A", "B", "C", "D"]
    without_place: Literal["A", "B", "C", "D"]


class _Limits(_Strict):
    clock_skew_minutes: Entry[int]
    max_duration_minutes: Entry[int]
    oldest_days: Entry[int]


class _Parameters(_Strict):
    late_upload_days: Entry[int]
    late_entry_minutes: Entry[int]
    accuracy_metres: Entry[float]
    believed_metres: Entry[Annotated[float, Field(gt=0)]]
    same_place_metres: Entry[float]
    courier_km_per_hour: Entry[Annotated[float, Field(gt=0)]]
    hurry_seconds: Entry[Annotated[int, Field(gt=0, le=3600)]]
    service_area: Entry[_Circle | None]
    most_meals: Entry[int]
    slots: Entry[dict[str, tuple[time, time]]]


Effect = Literal["rejected", "flagged", "off"]


class _File(_Strict):
    limits: _Limits
    parameters: _Parameters
    grades: dict[Method, Strength]
    rules: dict[str, Entry[Effect]]


@dataclass(frozen=True)
class Limits:
    """Beyond these a delivery is refused."""

    clock_skew: timedelta
    max_duration: timedelta
    oldest: timedelta


def _by_minute(slots: Mapping[str, tuple[time, time]]) -> tuple[str, ...]:
    names = [OTHER] * 24 * 60
    for name, (first, last) in slots.items():
        for minute in range(first.hour * 60 + first.minute, last.hour * 60 + last.minute + 1):
            names[minute] = name
    return tuple(names)


class Rulebook:
    """The file, with its answers remembered."""

    def __init__(self, content: _File) -> None:
        self._file = content
        self._terms: dict[tuple[str, date], Terms] = {}
        self._limits: dict[date, Limits] = {}
        self.hurry = timedelta(seconds=max(dated.value for dated in content.parameters.hurry_seconds.values))
        """The longest anywhere: how far around a delivery others have to be looked for."""
        self.reasons = {code: Reason(code, entry.zh, entry.en) for code, entry in content.rules.items()}
        self.grades = {
            (str(method), placed): strength.with_place if placed else strength.without_place
            for method, strength in content.grades.items()
            for placed in (True, False)
        }

    def limits(self, day: date) -> Limits:
        """The limits on a day."""
        if day not in self._limits:
            given = self._file.limits
            self._limits[day] = Limits(
                timedelta(minutes=given.clock_skew_minutes.at("", day)),
                timedelta(minutes=given.max_duration_minutes.at("", day)),
                timedelta(days=given.oldest_days.at("", day)),
            )
        return self._limits[day]

    def terms(self, region: str, day: date) -> Terms:
        """The terms of a region on a day."""
        found = self._terms.get((region, day))
        if found is None:
            found = self._terms[region, day] = self._make(region, day)
        return found

    def _make(self, region: str, day: date) -> Terms:
        given = self._file.parameters
        circle = given.service_area.at(region, day)
        effects = {code: entry.at(region, day) for code, entry in self._file.rules.items()}
        return Terms(
            clock_skew=self.limits(day).clock_skew,
            late_upload=timedelta(days=given.late_upload_days.at(region, day)),
            late_entry=timedelta(minutes=given.late_entry_minutes.at(region, day)),
            accuracy_metres=given.accuracy_metres.at(region, day),
            believed_metres=given.believed_metres.at(region, day),
            same_place_metres=given.same_place_metres.at(region, day),
            metres_per_second=given.courier_km_per_hour.at(region, day) / 3.6,
            hurry=timedelta(seconds=given.hurry_seconds.at(region, day)),
            service_area=Area(**circle.model_dump()) if circle else None,
            most_meals=given.most_meals.at(region, day),
            slots=_by_minute(given.slots.at(region, day)),
            effects={code: Status(effect) for code, effect in effects.items() if effect != "off"},
        )


def read(file: Path, rules: Sequence[str]) -> Rulebook:
    """Read a rulebook that must name exactly these rules and all methods; ValueError says what is wrong."""
    raw: Any = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    content = TypeAdapter(_File).validate_python(raw)
    if set(content.rules) != set(rules):
        raise ValueError(f"{file.name}: rules without code or code without rule: {set(content.rules) ^ set(rules)}")
    if set(content.grades) != set(Method):
        raise ValueError(f"{file.name}: grades must name every method")
    return Rulebook(content)


@lru_cache
def rulebook() -> Rulebook:
    """The rulebook that ships with the service."""
    return read(FILE, list(RULES))
