"""What must be true of a policy file beyond its shape. Each check notes refusals and goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from services.subsidy.engine.model import Band, Dated, Labels, Parameter, Source
from services.subsidy.engine.values import FIELD_OF_KIND, is_scaled
from services.subsidy.engine.yamlfile import Loc

Refuse = Callable[..., None]
"""``refuse(loc, code, **arguments)``"""


def check_source(refuse: Refuse, loc: Loc, source: Source, texts: Mapping[str, tuple[str, str]]) -> None:
    """The document is known and holds the quotation word for word. ``texts`` is document id to (file, text)."""
    if source.document not in texts:
        refuse([*loc, "document"], "unknown_document", document=source.document)
        return
    name, text = texts[source.document]
    if not source.quotation.strip():
        refuse([*loc, "quotation"], "quotation_empty")
    elif source.quotation not in text:
        refuse([*loc, "quotation"], "quotation_not_found", source=name)


def check_parameter(refuse: Refuse, loc: Loc, parameter: Parameter, labels: Labels) -> None:
    """Unit and codes are labelled, values fit the kind, dates neither gap nor overlap, empty means undecided."""
    if parameter.unit not in labels.units:
        refuse([*loc, "unit"], "unknown_unit", unit=parameter.unit)
    for choice in parameter.choices:
        check_label(refuse, [*loc, "choices"], choice, labels)
    if parameter.kind == "table" and parameter.over is None:
        refuse([*loc, "over"], "missing_key")
    if not parameter.values and not (parameter.missing_decision and parameter.decided_by):
        refuse([*loc, "values"], "no_decision")
    for index, dated in enumerate(parameter.values):
        check_value(refuse, [*loc, "values", index], parameter, dated, labels)
    check_dates(refuse, [*loc, "values"], parameter.values)


def check_label(refuse: Refuse, loc: Loc, code: str, labels: Labels) -> None:
    """People never see a bare code."""
    if code not in labels.codes:
        refuse(loc, "unlabelled", code=code)


def check_value(refuse: Refuse, loc: Loc, parameter: Parameter, dated: Dated, labels: Labels) -> None:
    """The value is given by the key of its kind, in whole fen, percent or units, from codes that are known."""
    wanted = FIELD_OF_KIND[parameter.kind]
    given = [name for name in FIELD_OF_KIND.values() if getattr(dated, name) is not None]
    if given != [wanted]:
        refuse([*loc, given[0] if given else wanted], "value_kind", kind=parameter.kind, wanted=wanted)
        return
    for value in amounts(dated):
        _check_amount(refuse, [*loc, wanted], value, parameter.unit)
    if dated.choice is not None and dated.choice not in parameter.choices:
        refuse([*loc, wanted], "unknown_choice", choice=dated.choice, known=", ".join(parameter.choices))
    for code in [*(dated.members or ()), *(key for key in dated.table or {} if isinstance(key, str))]:
        check_label(refuse, [*loc, wanted], code, labels)
    _check_bands(refuse, [*loc, wanted], dated.bands or ())


def amounts(dated: Dated) -> list[Decimal]:
    """Every number of a value."""
    single = [dated.value] if dated.value is not None else []
    return [*single, *(band.value for band in dated.bands or ()), *(dated.table or {}).values()]


def _check_amount(refuse: Refuse, loc: Loc, value: Decimal, unit: str) -> None:
    if value < 0:
        refuse(loc, "negative", value=value)
    elif is_scaled(unit) and value * 100 != int(value * 100):
        refuse(loc, "too_many_places", value=value)
    elif not is_scaled(unit) and value != int(value):
        refuse(loc, "not_whole", value=value, unit=unit)


def _check_bands(refuse: Refuse, loc: Loc, bands: Sequence[Band]) -> None:
    for index, (before, band) in enumerate(pairwise(bands), start=1):
        if before.at_most is None or band.at_least <= before.at_most:
            refuse([*loc, index, "at_least"], "bands_overlap", at=band.at_least)
        elif band.at_least > before.at_most + 1:
            refuse([*loc, index, "at_least"], "bands_gap", at=band.at_least)


def check_dates(refuse: Refuse, loc: Loc, values: Sequence[Dated]) -> None:
    """One value at a time, without a day between two, each from the first day of a month."""
    for index, dated in enumerate(values):
        if not isinstance(dated.since, date):
            continue
        if dated.since.day != 1:
            refuse([*loc, index, "since"], "inside_month", since=dated.since)
        if dated.until and dated.until < dated.since:
            refuse([*loc, index, "until"], "dates_reversed")
    for index, (before, dated) in enumerate(pairwise(values), start=1):
        _check_succession(refuse, [*loc, index, "since"], before, dated)


def _check_succession(refuse: Refuse, loc: Loc, before: Dated, dated: Dated) -> None:
    starts = not isinstance(dated.since, date)
    if before.until is None or starts or dated.since <= before.until:  # type: ignore[operator]  # starts rules out text
        refuse(loc, "dates_overlap", since=dated.since)
    elif dated.since > before.until + timedelta(days=1):  # type: ignore[operator]  # as above
        start, end = before.until + timedelta(days=1), dated.since - timedelta(days=1)  # type: ignore[operator]
        refuse(loc, "dates_gap", start=start, end=end)


def check_limit(refuse: Refuse, loc: Loc, parameter: Parameter, local: Dated) -> None:
    """A district may raise a floor and lower a ceiling, never the other way, and leaves what is exact."""
    if parameter.semantics == "exact" and parameter.values:
        refuse([*loc, "parameter"], "not_to_change", parameter=parameter.id, clause=parameter.clause)
    for base in parameter.values if parameter.semantics in {"floor", "ceiling"} else ():
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
    """A value as key to number; scales are read at every age where either of the two begins a step or ends one."""
    if dated.bands is not None:
        both = [*dated.bands, *(other.bands or ())]
        ages = {band.at_least for band in both} | {band.at_most for band in both if band.at_most is not None}
        found = {age: _at(dated.bands, age) for age in sorted(ages)}
        return {age: value for age, value in found.items() if value is not None}
    if dated.table is not None:
        return dict(dated.table)
    return {"": dated.value} if dated.value is not None else {}


def _at(bands: Sequence[Band], age: int) -> Decimal | None:
    fitting = (b.value for b in bands if b.at_least <= age and (b.at_most is None or age <= b.at_most))
    return next(fitting, None)
