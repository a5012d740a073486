"""Codes and figures as people read them, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from services.subsidy.engine.model import Labels, Text
from services.subsidy.engine.printed import in_month, on_day
from services.subsidy.engine.values import is_money
from shared.clock import Month
from shared.money import to_yuan

Language = Literal["zh", "en"]
Facts = Mapping[str, object]


def shown(value: object, unit: str) -> str:
    """A figure as printed: fen as yuan, percent as a factor."""
    if not isinstance(value, int):
        return "" if value is None else str(value)
    if is_money(unit):
        return to_yuan(value)
    return str(Decimal(value) / 100) if unit == "factor" else str(value)


def both(write: Callable[[str, Facts, Language], str], code: str, facts: Facts) -> dict[str, str]:
    """The same sentence in both languages."""
    return {"zh": write(code, facts, "zh"), "en": write(code, facts, "en")}


@dataclass(frozen=True)
class Words:
    """Sentences from the national labels."""

    labels: Labels

    def step(self, code: str, facts: Facts, language: Language) -> str:
        """A step's sentence with its figures in place."""
        sentence: str = getattr(self.labels.steps[code], language)
        return sentence.format(**{name: self._word(name, value, language) for name, value in facts.items()})

    def reason(self, code: str, label: Text | None) -> dict[str, str]:
        """What a reason says; for an undecided parameter, its name."""
        if code in self.labels.reasons:
            return self.labels.reasons[code].model_dump()
        name = label or Text(zh=code, en=code)
        return {"zh": f"尚未规定:{name.zh}", "en": f"not decided yet: {name.en}"}

    def _word(self, name: str, value: object, language: Language) -> str:
        if isinstance(value, Text):
            return str(getattr(value, language))
        if name.endswith("_fen") and isinstance(value, int):
            return to_yuan(value)
        if isinstance(value, date | Month):
            return str(getattr(on_day(value) if isinstance(value, date) else in_month(value), language))
        known = {"column": self.labels.columns, "unit": self.labels.units}.get(name, self.labels.codes)
        return str(getattr(known[value], language)) if isinstance(value, str) and value in known else str(value)
