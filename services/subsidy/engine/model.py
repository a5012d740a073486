"""What a policy file may say. Unknown keys are refused; figures stay exact decimals until money becomes fen."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.numbers import Count, Figure

Quantity = Literal["scalar", "bands", "table", "choice", "members", "date", "mapping"]
_KEY = re.compile(r"0|[1-9][0-9]{0,8}")
Semantics = Literal["floor", "ceiling", "exact", "decision"]
Force = Literal["mandatory", "encouraged", "exploratory", "permitted", "planned", "aspirational"]


class Strict(BaseModel):
    """A part of a policy file: immutable, nothing beyond what is declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Strict):
    """The same words in Chinese and in English."""

    zh: str
    en: str


class Source(Strict):
    """Where a rule stands: the document, its clause, and the sentence word for word."""

    document: str
    clause: str
    quotation: str


class Effective(Strict):
    """The day a document takes effect, entered by a person because the text does not say it."""

    on: date
    entered_by: str
    entered_on: date
    reason: Text


class Document(Strict):
    """A policy document (政策文件). ``effective_on`` stays empty unless the text itself names the day."""

    id: str
    title: Text
    number: str | None
    issuer: str
    issued_on: date | None
    published_on: date | None
    effective_on: date | None
    expires_on: date | None
    status: Literal["in_force", "draft"]
    completeness: Literal["complete", "incomplete"]
    source: str


class Band(Strict):
    """One step of a scale, both ends included; no upper end means everything from ``at_least`` up."""

    at_least: Count
    at_most: Count | None = None
    value: Figure


class Dated(Strict):
    """A value from a day to a day, both included. ``document`` means since the document took effect."""

    since: date | Literal["document"]
    until: date | None = None
    value: Figure | None = None
    choice: str | None = None
    bands: tuple[Band, ...] | None = None
    table: dict[int | str, Figure] | None = None
    members: tuple[str, ...] | None = None
    day: date | None = None
    mapping: dict[int | str, str] | None = None

    @field_validator("table", "mapping", mode="before")
    @classmethod
    def _numbers_stay_numbers(cls, table: object) -> object:
        """JSON knows only text as a key; a grade comes back as the number it was."""
        if not isinstance(table, dict):
            return table
        return {int(key) if isinstance(key, str) and _KEY.fullmatch(key) else key: table[key] for key in table}

    @property
    def keys(self) -> tuple[int | str, ...]:
        """The keys of a table or a mapping."""
        return (*(self.table or ()), *(self.mapping or ()))


class Parameter(Source):
    """One figure or decision of the law with its unit, its force and its history."""

    id: str
    label: Text
    kind: Quantity
    unit: str
    semantics: Semantics
    force: Force = "mandatory"
    over: str | None = None
    choices: tuple[str, ...] = ()
    values: tuple[Dated, ...]
    missing_decision: Text | None = None
    decided_by: Text | None = None
    note: Text | None = None
    optional: bool = False
    """While nobody has decided it, the rest is calculated without it."""
    for_people: Text | None = None
    """Why no formula reads it: who reads it instead, and what for."""


class Labels(Strict):
    """The words shown to people for every code."""

    units: dict[str, Text] = Field(default_factory=dict)
    codes: dict[str, Text] = Field(default_factory=dict)
    columns: dict[str, Text] = Field(default_factory=dict)
    reasons: dict[str, Text] = Field(default_factory=dict)
    steps: dict[str, Text] = Field(default_factory=dict)
