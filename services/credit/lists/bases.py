"""Reads ``bases.yaml`` and ``workdays.yaml``: what a listing may rest on. Unknown keys are refused."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from ruamel.yaml import YAML

from services.credit.lists.periods import Period, WorkingDays, Year
from shared.regions import covers

HERE = Path(__file__).parent
Confidence = Literal["V", "V2", "G"]
SubjectKind = Literal["organization", "person"]
RecordClass = Literal["minor", "general", "serious"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dated(_Part):
    """Valid from a day to a last day."""

    valid_from: date
    valid_to: date | None = None

    def holds(self, on: date) -> bool:
        """Whether it is in force on a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


class Names(_Part):
    """A code's name in both languages."""

    zh: str
    en: str


class Ground(Names):
    """A condition for listing 列入情形."""

    code: str


class StepPeriod(_Part):
    """Working days for the next step; no value: a decision is missing."""

    working_days: int | None = None
    missing: str | None = None


class Term(_Part):
    """Years and months with their source; no value: a decision is missing."""

    years: int | None = None
    months: int | None = None
    clause: str | None = None
    confidence: Confidence | None = None
    source: str | None = None
    missing: str | None = None

    @property
    def period(self) -> Period | None:
        """The period, if one is set."""
        return None if self.years is None and self.months is None else Period(self.years or 0, self.months or 0)


class Periods(_Part):
    """The periods of a list."""

    statement: StepPeriod
    decision: StepPeriod
    service: StepPeriod
    publication: StepPeriod
    repair_after: Term
    ends_after: Term

    def working_days(self, name: str) -> StepPeriod:
        """The period of a step by its name."""
        found: StepPeriod = getattr(self, name)
        return found

    def missing(self) -> list[str]:
        """Which decisions are missing."""
        parts = (self.statement, self.decision, self.service, self.publication, self.repair_after, self.ends_after)
        return [part.missing for part in parts if part.missing]


class Basis(Dated):
    """A document that carries a list 法律依据."""

    id: str
    title_zh: str
    title_en: str
    document_no: str
    issuer_zh: str
    confidence: Confidence
    source: str
    list_kind: str
    list_name_zh: str
    subjects: tuple[SubjectKind, ...]
    record_class: RecordClass
    missing: str | None = None
    grounds: tuple[Ground, ...]
    periods: Periods

    def ground(self, code: str) -> Ground | None:
        """One of its grounds."""
        return next((ground for ground in self.grounds if ground.code == code), None)

    def open_questions(self) -> list[str]:
        """Every decision that nobody has made yet."""
        return [*([self.missing] if self.missing else []), *self.periods.missing()]


class Effects(Dated):
    """What a listing leads to in a jurisdiction."""

    region: str
    document: str
    clause: str | None = None
    quotation: str | None = None
    confidence: Confidence
    organization: tuple[str, ...]
    person: tuple[str, ...]
    missing: str | None = None

    def of(self, subject_kind: str) -> tuple[str, ...]:
        """For an organisation or a person."""
        return self.organization if subject_kind == "organization" else self.person


class ClassRule(_Part):
    """Periods of one class of dishonesty information."""

    zh: str
    published: bool
    publish_at_least: Period
    repair_after: Period
    ends_after: Period


class Classes(Dated):
    """The national rule on classes that is in force for a time."""

    document_no: str
    title_zh: str
    confidence: Confidence
    source: str
    minor: ClassRule
    general: ClassRule
    serious: ClassRule

    def of(self, name: RecordClass) -> ClassRule:
        """The rule of a class."""
        rule: ClassRule = getattr(self, name)
        return rule


class Catalogue(_Part):
    """The whole file."""

    bases: tuple[Basis, ...]
    effects: tuple[Effects, ...]
    effect_names: dict[str, Names]
    classes: tuple[Classes, ...]
    record_kinds: dict[str, Names] = Field(min_length=1)

    def basis(self, basis_id: str) -> Basis | None:
        """A basis by its id."""
        return next((basis for basis in self.bases if basis.id == basis_id), None)

    def effects_for(self, region: str, on: date) -> Effects:
        """The effects of the most particular jurisdiction that has an entry in force."""
        return max(
            (e for e in self.effects if e.holds(on) and covers(e.region, region)),
            key=lambda e: (len(e.region), e.valid_from),
        )

    def classes_on(self, on: date) -> Classes | None:
        """The national rule in force on a day; None before there was one we know."""
        return next((classes for classes in self.classes if classes.holds(on)), None)


@lru_cache
def catalogue() -> Catalogue:
    """The catalogue that ships with the service."""
    return Catalogue.model_validate(_read("bases.yaml"))


@lru_cache
def working_days() -> WorkingDays:
    """The calendar that ships with the service."""
    years = TypeAdapter(dict[int, Year]).validate_python(_read("workdays.yaml"))
    return WorkingDays(years)


def _read(name: str) -> object:
    return YAML(typ="safe").load((HERE / name).read_text(encoding="utf-8"))
