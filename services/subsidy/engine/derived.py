"""Columns filled by a mapping of the law 对照: a level as it was assessed, in the words of the document.

Several mappings may fill one column, each from a column of its own: the first that knows something of a row counts.
What was typed by hand counts where no assessment is known or valid, and is told as such. An assessment counts through
the month in which its validity ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from services.subsidy.engine.kinds.base import Failure, Row, Told
from services.subsidy.engine.pack import Pack
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.values import Resolved
from shared.clock import Month

NEEDS_REASSESSMENT = "needs_reassessment"
"""The code a mapping gives where an assessment does not tell the level; a key it does not have means the same."""


ASSESSED_ON, TYPED = "assessed_on", "typed"
"""The column with the day of an assessment, where a source knows it; the step that marks what was typed."""
LEVELS = ("assessed_level", "assessed_level_mzt039")
"""What assessments are told in, by standard."""
ASSESSED_FACTS = ("assessment_valid", "assessed")
"""The columns that say whether there is a valid assessment."""
DECLARED = "declared"
"""Whether the levels of an application's row are what it says itself, and not what the register knows."""


def valid(pack: Pack, law: Programme, month: Month) -> pl.Expr:
    """Whether an assessment still counts in a month; null where there is none."""
    decided = pack.resolve(law.validity, month.first) if law.validity else None
    day = pl.col(ASSESSED_ON)
    if decided is None:
        return day <= month.last
    return (day <= month.last) & (day.dt.offset_by(f"{decided.number}mo") > month.first)


def carried(rules: Rules) -> Iterator[tuple[str, str, Resolved]]:
    """(column, the column it is filled from, mapping) for every mapping that is decided and that the rows feed."""
    for column, name in rules.mappings:
        if mapping := rules.decided(name):
            yield column, mapping.parameter.over or "", mapping


def fill(rules: Rules, frame: pl.LazyFrame) -> pl.LazyFrame:
    """The frame with its derived columns; where no mapping knows anything, what was given stays."""
    given = frame.collect_schema().names()
    found: dict[str, list[pl.Expr]] = {column: [] for column, _ in rules.mappings}
    for column, source, mapping in carried(rules):
        found[column].append(_mapped(source, mapping))
    for column, expressions in found.items():
        expressions.append(pl.col(column) if column in given else pl.lit(None, pl.String))
    return frame.with_columns(pl.coalesce(expressions).alias(column) for column, expressions in found.items())


def in_words(mapping: Resolved, level: object) -> str:
    """One level as the mapping reads it."""
    keys = mapping.mapping
    try:
        key = int(str(level)) if key_type(list(keys)) is pl.Int64 else str(level)
    except ValueError:
        return NEEDS_REASSESSMENT
    return keys.get(key, NEEDS_REASSESSMENT)


def _mapped(source: str, mapping: Resolved) -> pl.Expr:
    keys = mapping.mapping
    level = pl.col(source).cast(key_type(list(keys)), strict=False)
    mapped = level.replace_strict(keys, default=NEEDS_REASSESSMENT, return_dtype=pl.String)
    return pl.when(pl.col(source).is_not_null()).then(mapped)


def key_type(keys: Sequence[object]) -> type[pl.DataType]:
    """What a column with such keys holds."""
    return pl.Int64 if all(isinstance(key, int) for key in keys) else pl.String


def needs_reassessment(rules: Rules) -> Failure:
    """The rows whose level is not known although they were assessed."""
    unknown = pl.any_horizontal(pl.col(column) == NEEDS_REASSESSMENT for column in rules.programme.derived)
    return Failure("needs_reassessment", unknown, outcome="held")


def tell(rules: Rules, rows: Sequence[Row]) -> list[Told]:
    """Every level that was translated, once."""
    words, told = rules.pack.content.labels.columns, {}
    for column, source, mapping in carried(rules):
        for row in (row for row in rows if row[source] is not None):
            facts = {"from": words[source], "level": row[source], "state": row[column]}
            told[source, row[source]] = Told("mapped", row[column], mapping.unit, mapping, facts)
    return [*told.values(), *_typed(rules, rows)]


def _typed(rules: Rules, rows: Sequence[Row]) -> Iterator[Told]:
    """Every level that is paid by as somebody typed it, once; packs from before have no words for it."""
    labels, parameters = rules.pack.content.labels, rules.pack.content.parameters
    paid = [row for row in rows if row["amount_fen"]] if TYPED in labels.steps else ()
    for column in rules.programme.derived:
        sources = [parameters[name].over or "" for filled, name in rules.programme.mappings() if filled == column]
        if set(sources).isdisjoint(LEVELS):
            continue
        typed = dict.fromkeys(told for row in paid if (told := _typed_in(row, column, sources)))
        for name, state in typed:
            yield Told(TYPED, state, "", None, {"column": labels.columns[name], "state": state})


def _typed_in(row: Row, column: str, sources: Sequence[str]) -> tuple[str, object] | None:
    """The column and the level that a row is paid by, where the register did not say it."""
    read = next((name for name in sources if row.get(name) is not None), column)
    said = read == column or row.get(DECLARED)
    return (read, row[read]) if said and row[read] is not None else None
