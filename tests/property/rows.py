"""Rows for any programme of a pack, made from what the pack itself says: the keys of its tables, the edges of its
bands, the members of its lists, the days around its dates; and rows of nonsense with the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import polars as pl
from hypothesis import strategies as st

from services.subsidy.engine import POLICIES, Packs
from services.subsidy.engine.columns import columns_of
from services.subsidy.engine.conditions import Asked
from services.subsidy.engine.derived import key_type
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.values import Resolved
from shared.clock import Month

PACK = Packs.load(POLICIES, [POLICIES / "samples" / "321202"]).for_region("321202")
PROGRAMMES = sorted(PACK.programmes)
MONTHS = [Month(2026, 10), Month(2027, 2), Month(2028, 2)]
TOGETHER = {"per_unit_with_caps": 3, "rate_times_factors_per_day": 6}
"""Kinds whose subjects have many rows; every other subject mostly has one."""
_DAY = timedelta(days=1)
_PLAUSIBLE: dict[str, Sequence[Any]] = {
    "from_day": [1, 1, 1, 5, 10, 16, 28],
    "to_day": [9, 15, 20, 27, 28, 28, 31],
    "units": range(6),
    "used_in_year": [0, 0, 3, 14, 15, 16],
    "approved_beds": [0, 1, 20, 60, 200],
    "beds_paid_before": [0, 0, 0, 1, 20, 300],
    "tenure": ["own", "leased"],
    "lease_from": [None, *(date(2020, 2, 29) + _DAY * n for n in range(3))],
    "lease_to": [None, date(2030, 1, 1), *(date(2025, 2, 26) + _DAY * n for n in range(4))],
    "cost_fen": [0, 1, 33, 100, 24_999, 37_500, 37_501, 124_999, 1_000_000],
    "birth_date": [date(1920 + n, 2 + n % 11, 1 + n * 7 % 28) for n in range(50)] + [date(1944, 2, 29)],
    "registered_on": [date(2020, 1, 1), date(2026, 9, 30), date(2027, 10, 31), date(2027, 11, 1)],
}
_NONSENSE: dict[type[pl.DataType], Sequence[Any]] = {
    pl.Int64: [None, 0, 1, -1, 32, 2**31 - 1, 2**31, -(2**31), 2**63 - 1, -(2**63)],
    pl.String: [None, "", " ", "二级", "private ", "\x00", "needs_reassessment", "9" * 40],
    pl.Date: [None, date.min, date(1600, 2, 29), date(2026, 10, 15), date.max],
    pl.Boolean: [None, True, False],
}


def _around(value: Resolved) -> list[Any]:
    """What a row may hold in the column this value is looked up by."""
    ends = [band.at_least for band in value.bands] + [band.at_most for band in value.bands if band.at_most]
    return [*value.table, *(end + n for end in ends for n in (-1, 0, 1))]


def _known(rules: Rules) -> dict[str, list[Any]]:
    """What the law itself says about each column."""
    known: dict[str, list[Any]] = {}
    for name in rules.programme.parameters():
        value = rules.decided(name)
        if value is None:  # an optional decision that nobody took
            continue
        known.setdefault(value.parameter.over or "", []).extend(_around(value))
    for condition in rules.programme.conditions:
        asked, column = Asked(rules, condition), known.setdefault(condition.column or "", [])
        if condition.test in {"at_least", "at_most"}:
            column += [asked.value.number + n for n in (-1, 0, 1)]
        elif condition.test in {"on_or_after", "on_or_before"}:
            column += [asked.value.day + _DAY * n for n in (-1, 0, 1)]
        elif condition.test == "years_reached":
            column += [asked.latest_start + _DAY * n for n in (-400, -1, 0, 1)]
        elif condition.test == "one_of":
            column += asked.value.members
        elif condition.test in {"is_true", "is_false"}:
            column += [condition.test == "is_true"] * 4
    return known


@lru_cache
def facts(programme: str, month: Month) -> dict[str, st.SearchStrategy[Any]]:
    """A strategy for each column of a row as it could really be."""
    rules = Rules(PACK, PACK.programmes[programme], month)
    known = _known(rules)
    strategies = {}
    for name, column in columns_of(rules.programme).items():
        values = [*known.get(name, []), *_PLAUSIBLE.get(name, [])]
        if name == "service_date":
            values = [month.first + _DAY * n for n in range(-1, 12)] + [month.last]
        elif name == "died_on":
            values = [None] * 8 + [month.first - _DAY, month.first, month.last, month.last + _DAY]
        elif column.dtype == pl.Boolean:
            values = [*values, True, False]
        elif column.dtype == pl.Int64:
            values = values or [0, 1, 30, 365]
        elif column.dtype == pl.String:
            values = [*values, *_from_mappings(rules, name)] or ["a", "b"]
        strategies[name] = st.sampled_from(values + [None] * (column.nullable and name not in {"died_on", "grade"}))
    return strategies


def _from_mappings(rules: Rules, column: str) -> list[str]:
    mappings = [
        PACK.resolve(name, rules.month.first) for filled, name in rules.programme.mappings() if filled == column
    ]
    return [state for mapping in mappings if mapping for state in mapping.mapping.values()]


def _sources(programme: str, month: Month) -> dict[str, Sequence[Any]]:
    """The columns its mappings read: the keys they have, one they have not, and nothing."""
    mappings = [PACK.resolve(name, month.first) for _, name in PACK.programmes[programme].mappings()]
    return {m.parameter.over or "": [None, *m.mapping, 99 if _whole(m) else "?"] for m in mappings if m}


def _whole(mapping: Resolved) -> bool:
    return key_type(list(mapping.mapping)) == pl.Int64


@lru_cache
def batches(programme: str, month: Month, *, nonsense: bool = True) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of one batch: as they could be, with a few of nonsense between them; with what mappings read, or without."""
    law = PACK.programmes[programme]
    real = facts(programme, month)
    mad = {name: st.sampled_from(list(_NONSENSE[column.dtype])) for name, column in columns_of(law).items()}
    row = st.fixed_dictionaries(real)
    rows = st.lists(st.one_of(row, row, row, st.fixed_dictionaries(mad)) if nonsense else row, min_size=1, max_size=8)
    sources = st.fixed_dictionaries({n: st.sampled_from(list(v)) for n, v in _sources(programme, month).items()})
    subjects = st.lists(st.integers(1, TOGETHER.get(law.kind, 30)), min_size=8, max_size=8)
    return st.builds(_numbered, rows, subjects, st.booleans(), st.lists(sources, min_size=8, max_size=8))


def _numbered(
    rows: list[dict[str, Any]], subjects: list[int], assessed: bool, sources: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Every row with its subject and, where it has one, a key of its own."""
    return [
        {"subject_id": f"s-{subjects[n]}"} | row | (sources[n] if assessed else {})
        | ({"row_key": f"{n}"} if row.get("row_key", "") is not None and "row_key" in row else {})
        for n, row in enumerate(rows)
    ]  # fmt: skip


def slips(programme: str) -> list[dict[str, Any]]:
    """Every single fact of a row that cannot be."""
    columns = columns_of(PACK.programmes[programme]).items()
    return [{name: nonsense} for name, column in columns for nonsense in _NONSENSE[column.dtype]]


def frame(programme: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as the engine takes them."""
    types = {name: column.dtype for name, column in columns_of(PACK.programmes[programme]).items()}
    read = {n: pl.Int64 if isinstance(v, int) else pl.String for row in rows for n, v in row.items() if v is not None}
    return pl.DataFrame(rows, schema={name: types.get(name, read.get(name, pl.String)) for name in rows[0]})


def dated(programme: str, *, nonsense: bool = True) -> st.SearchStrategy[tuple[Month, list[dict[str, Any]]]]:
    """A month and a batch of it."""
    return st.sampled_from(MONTHS).flatmap(
        lambda month: st.tuples(st.just(month), batches(programme, month, nonsense=nonsense))
    )
