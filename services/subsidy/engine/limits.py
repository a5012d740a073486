"""What a district may set: above a floor, below a ceiling, never what is exact."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from services.subsidy.engine.checks import Refuse
from services.subsidy.engine.model import Band, Dated, Parameter
from services.subsidy.engine.values import FIELD_OF_KIND
from services.subsidy.engine.yamlfile import Loc


def check_limit(refuse: Refuse, loc: Loc, parameter: Parameter, local: Dated) -> None:
    """A district may raise a floor and lower a ceiling, never the other way, and leaves what is exact."""
    if parameter.semantics == "exact" and parameter.values:
        refuse([*loc, "parameter"], "not_to_change", parameter=parameter.id, clause=parameter.clause)
    for base in parameter.values if parameter.semantics in {"floor", "ceiling"} else ():
        if cut := [member for member in base.members or () if member not in (local.members or ())]:
            refuse([*loc, "members"], "list_cut", members=", ".join(cut), clause=parameter.clause)
        for key, limit in _points(base, local).items():
            value = _points(local, base).get(key)
            if parameter.semantics == "floor" and (value is None or value < limit):
                shown = "nothing" if value is None else value
                refuse(
                    [*loc, FIELD_OF_KIND[parameter.kind]],
                    "under_floor",
                    value=shown,
                    floor=limit,
                    clause=parameter.clause,
                )
            if parameter.semantics == "ceiling" and value is not None and value > limit:
                refuse(
                    [*loc, FIELD_OF_KIND[parameter.kind]],
                    "over_ceiling",
                    value=value,
                    ceiling=limit,
                    clause=parameter.clause,
                )


def _points(dated: Dated, other: Dated) -> dict[int | str, Decimal]:
    """A value as key to number; scales are read at every age where one of both begins or ends a step, or just has."""
    if dated.bands is not None:
        both = [*dated.bands, *(other.bands or ())]
        ends = {band.at_most for band in both if band.at_most is not None}
        ages = {band.at_least for band in both} | ends | {end + 1 for end in ends}
        found = {age: _at(dated.bands, age) for age in sorted(ages)}
        return {age: value for age, value in found.items() if value is not None}
    if dated.table is not None:
        return dict(dated.table)
    return {"": dated.value} if dated.value is not None else {}


def _at(bands: Sequence[Band], age: int) -> Decimal | None:
    fitting = (b.value for b in bands if b.at_least <= age and (b.at_most is None or age <= b.at_most))
    return next(fitting, None)
