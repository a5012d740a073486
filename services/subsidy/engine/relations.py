"""What a pack says of two benefits had together 叠加: added, exclusive, the higher one, or one against the other."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Literal

from pydantic import Field

from services.subsidy.engine.checks import Refuse
from services.subsidy.engine.model import Parameter, Semantics, Strict
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.yamlfile import Loc

RELATIONS = ("ADD", "EXCLUDE", "HIGHER_OF", "COUNT_AGAINST")


class Pairs(Strict):
    """Which benefits a rule puts beside which: every one of the first with every one of the second."""

    between: tuple[str, ...]
    others: tuple[str, ...]

    def each(self) -> list[tuple[str, str]]:
        """Every pair; where one counts against the other, the second is counted against the first."""
        return list(product(self.between, self.others))


class StackingRule(Parameter):
    """A decision on pairs of benefits, dated like any other. By COUNT_AGAINST ``and`` counts against ``between``."""

    id: str = Field(pattern=r"^stacking\.")
    between: tuple[str, ...] = Field(min_length=1)
    others: tuple[str, ...] = Field(min_length=1, alias="and")
    kind: Literal["choice"] = "choice"
    unit: str = "decision"
    semantics: Semantics = "decision"
    choices: tuple[str, ...] = RELATIONS

    @property
    def pairs(self) -> Pairs:
        """The benefits it names."""
        return Pairs(between=self.between, others=self.others)

    @property
    def parameter(self) -> Parameter:
        """The decision alone."""
        return Parameter.model_validate({name: getattr(self, name) for name in Parameter.model_fields})


def check_rule(
    refuse: Refuse, loc: Loc, rule: StackingRule, programmes: Mapping[str, Programme], seen: dict[frozenset[str], str]
) -> None:
    """Its programmes are there and differ, its choices are known, and no other rule names a pair of it."""
    for key, codes in (("between", rule.between), ("and", rule.others)):
        for code in codes:
            if code not in programmes:
                refuse([*loc, key], "unknown_programme", programme=code, known=", ".join(programmes))
    for choice in rule.choices:
        if choice not in RELATIONS:
            refuse([*loc, "choices"], "unknown_choice", choice=choice, known=", ".join(RELATIONS))
    for a, b in rule.pairs.each():
        if a == b:
            refuse([*loc, "and"], "pair_of_one", programme=a)
        elif (other := seen.setdefault(frozenset((a, b)), rule.id)) != rule.id:
            refuse([*loc, "and"], "pair_twice", a=a, b=b, rule=other)
