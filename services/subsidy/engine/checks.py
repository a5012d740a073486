"""What must be true of a policy file beyond its shape. Each check notes refusals and goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import polars as pl

from services.subsidy.engine.model import Band, Dated, Labels, Parameter, Source, Text
from services.subsidy.engine.values import FIELD_OF_KIND, LIMITED, SHARE, SPLIT, is_scaled
from services.subsidy.engine.yamlfile import Loc

Refuse = Callable[..., None]
"""``refuse(loc, code, **arguments)``"""
HOLDS: Mapping[type[pl.DataType], str] = {
    pl.Int64: "number",
    pl.String: "code",
    pl.Boolean: "yes_no",
    pl.Date: "date",
}
"""What a column holds, as a policy file says it."""
AGE = "age"
"""What bands go by where they do not say."""
_WHOLE = 100
"""Percent."""


@dataclass(frozen=True)
class Known:
    """What the files of a place may name: words, documents by id as (file, text), and columns with what they hold.

    ``read`` is the ids of the parameters that programmes read: of these, the programme's check tells a wrong column.
    """

    labels: Labels
    texts: Mapping[str, tuple[str, str]]
    columns: Mapping[str, type[pl.DataType]]
    read: frozenset[str]


def check_source(refuse: Refuse, loc: Loc, source: Source, known: Known) -> None:
    """The document is known and holds the quotation word for word."""
    if source.document not in known.texts:
        refuse([*loc, "document"], "unknown_document", document=source.document)
        return
    name, text = known.texts[source.document]
    if not source.quotation.strip():
        refuse([*loc, "quotation"], "quotation_empty")
    elif source.quotation not in text:
        refuse([*loc, "quotation"], "quotation_not_found", source=name)


def check_parameter(refuse: Refuse, loc: Loc, parameter: Parameter, known: Known) -> None:
    """Unit and codes are labelled, values fit the kind, dates neither gap nor overlap, empty means undecided."""
    check_source(refuse, loc, parameter, known)
    check_unit(refuse, loc, parameter.unit, known)
    for choice in parameter.choices:
        check_label(refuse, [*loc, "choices"], choice, known.labels.codes)
    if parameter.over is None and parameter.kind in {"table", "mapping"}:
        refuse([*loc, "over"], "missing_key")
    elif parameter.over is not None and (parameter.over in known.columns or parameter.id not in known.read):
        check_label(refuse, [*loc, "over"], parameter.over, known.labels.columns)
    if parameter.kind not in LIMITED.get(parameter.semantics, (parameter.kind,)):
        refuse([*loc, "semantics"], "no_limit", kind=parameter.kind)
    if not parameter.values and not (parameter.missing_decision and parameter.decided_by):
        refuse([*loc, "values"], "no_decision")
    for index, dated in enumerate(parameter.values):
        check_value(refuse, [*loc, "values", index], parameter, dated, known)
    check_dates(refuse, [*loc, "values"], parameter.values)


def check_unit(refuse: Refuse, loc: Loc, unit: str, known: Known) -> None:
    """The unit has a name people know."""
    if unit not in known.labels.units:
        refuse([*loc, "unit"], "unknown_unit", unit=unit)


def check_label(refuse: Refuse, loc: Loc, code: str, words: Mapping[str, Text]) -> None:
    """People never see a bare code."""
    if code not in words:
        refuse(loc, "unlabelled", code=code)


def check_value(refuse: Refuse, loc: Loc, parameter: Parameter, dated: Dated, known: Known) -> None:
    """The value is given by the key of its kind, in whole fen, percent or units, from codes that are known."""
    wanted = FIELD_OF_KIND[parameter.kind]
    given = [name for name in FIELD_OF_KIND.values() if getattr(dated, name) is not None]
    if given != [wanted]:
        refuse([*loc, given[0] if given else wanted], "value_kind", kind=parameter.kind, wanted=wanted)
        return
    if getattr(dated, wanted) in ((), {}):
        refuse([*loc, wanted], "empty_value")
    for value in _amounts(dated):
        _check_amount(refuse, [*loc, wanted], value, parameter.unit)
    if (total := _split(parameter, dated)) > _WHOLE:
        refuse([*loc, wanted], "split_over_whole", total=total)
    if dated.choice is not None and dated.choice not in parameter.choices:
        refuse([*loc, wanted], "unknown_choice", choice=dated.choice, known=", ".join(parameter.choices))
    for member in dated.members or ():
        if parameter.choices and member not in parameter.choices:
            refuse([*loc, wanted], "unknown_choice", choice=member, known=", ".join(parameter.choices))
    column = known.columns.get(parameter.over or "") or _holds(next(iter(dated.keys), ""))
    for key in dated.keys:
        if _holds(key) is not column:
            refuse([*loc, wanted, key], "key_type", key=key, given=HOLDS[_holds(key)], wanted=HOLDS[column])
    keys = [key for key in dated.keys if isinstance(key, str) and column is pl.String]
    for code in [*keys, *(dated.members or ()), *(dated.mapping or {}).values()]:
        check_label(refuse, [*loc, wanted], code, known.labels.codes)
    _check_bands(refuse, [*loc, wanted], dated.bands or ())
    last = dated.bands[-1] if dated.bands and parameter.over in {None, AGE} else None
    if last and last.at_most is not None and last.at_most >= last.at_least:
        refuse([*loc, wanted, len(dated.bands or ()) - 1, "at_most"], "bands_end", at=last.at_most)


def _holds(key: int | str) -> type[pl.DataType]:
    """What a column holds that has such a key."""
    return pl.Int64 if isinstance(key, int) else pl.String


def _amounts(dated: Dated) -> list[Decimal]:
    """Every number of a value."""
    single = [dated.value] if dated.value is not None else []
    return [*single, *(band.value for band in dated.bands or ()), *(dated.table or {}).values()]


def _split(parameter: Parameter, dated: Dated) -> Decimal:
    """What those bear together who share one whole; zero where each figure stands alone or is too high by itself."""
    parts = (dated.table or {}).values() if parameter.unit == SHARE and parameter.over == SPLIT else ()
    return sum((part for part in parts if all(each <= _WHOLE for each in parts)), Decimal())


def _check_amount(refuse: Refuse, loc: Loc, value: Decimal, unit: str) -> None:
    if value < 0:
        refuse(loc, "negative", value=value)
    elif unit == SHARE and value > _WHOLE:
        refuse(loc, "over_whole", value=value)
    elif is_scaled(unit) and value * 100 != int(value * 100):
        refuse(loc, "too_many_places", value=value)
    elif not is_scaled(unit) and value != int(value):
        refuse(loc, "not_whole", value=value, unit=unit)


def _check_bands(refuse: Refuse, loc: Loc, bands: Sequence[Band]) -> None:
    for index, band in enumerate(bands):
        if band.at_most is not None and band.at_most < band.at_least:
            refuse([*loc, index, "at_most"], "band_reversed")
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
