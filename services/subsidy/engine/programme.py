"""What a programme of benefits may say: who is entitled, on what conditions, by which formula."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.subsidy.engine.model import Force, Source, Text

Beneficiary = Literal["senior", "institution", "vendor", "worker", "centre", "canteen", "household"]
Form = Literal["cash", "in_kind", "voucher"]
Outcome = Literal["not_eligible", "held"]
Fed = Literal["register_age", "register_stays", "meals", "application"]
"""Where a programme's facts come from: ages and stays of the register, verified meals, accepted applications."""
Input = Literal[
    "date", "yes_no", "code", "number", "money", "date?", "yes_no?", "code?", "number?", "money?"
]  # fmt: skip
"""What a column holds; money is in fen, and a question mark says that it may be empty."""
Test = Literal[
    "at_least", "at_most", "one_of", "is_true", "is_false", "any_true", "chosen", "switched_on", "years_reached",
    "on_or_after", "on_or_before",
]  # fmt: skip


class Condition(Source):
    """What must hold for a row, as data: a column, a test, and the parameter it is tested against."""

    code: str
    label: Text
    column: str | None = None
    columns: dict[str, str | None] | None = None
    any_of: tuple[str, ...] | None = None
    test: Test
    parameter: str | None = None
    outcome: Outcome = "not_eligible"
    remedy: Text

    def named(self, key: str) -> list[str]:
        """The columns that a key names: ``column``, ``columns`` or ``any_of``."""
        named = {"column": [self.column], "columns": (self.columns or {}).values(), "any_of": self.any_of or ()}
        return [name for name in named[key] if name is not None]


class Programme(Source):
    """A benefit (补贴项目): who is entitled, who gets the money, which formula, which parameters feed it."""

    code: str
    name: Text
    kind: str
    form: Form = "cash"
    beneficiary: Beneficiary
    payee: Beneficiary
    source: Fed = "application"
    force: Force
    inputs: dict[str, Input] = Field(default_factory=dict)
    derived: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    uses: dict[str, str | tuple[str, ...]]
    awaits: tuple[str, ...] = ()
    """Decisions that must be taken before anything is paid, though no formula reads them."""
    validity: str | None = None
    """The decision for how many months an assessment counts; until it is taken, the newest does."""
    conditions: tuple[Condition, ...] = ()
    note: Text | None = None

    def slots(self) -> list[tuple[str, str]]:
        """Every (slot, parameter id) the formula is fed from, in the order of the file."""
        return _pairs(self.uses)

    def mappings(self) -> list[tuple[str, str]]:
        """Every (column, parameter id of a mapping it is filled by), in the order of the file."""
        return _pairs(self.derived)

    def parameters(self) -> list[str]:
        """The ids of what the formula is fed with, the conditions test and the programme awaits; mappings if used."""
        tested = [condition.parameter for condition in self.conditions if condition.parameter]
        validity = [self.validity] if self.validity else []
        return list(dict.fromkeys([*(parameter for _, parameter in self.slots()), *tested, *self.awaits, *validity]))


def _pairs(named: dict[str, str | tuple[str, ...]]) -> list[tuple[str, str]]:
    pairs = [(name, ids if isinstance(ids, tuple) else (ids,)) for name, ids in named.items()]
    return [(name, parameter) for name, ids in pairs for parameter in ids]
