"""Columns filled by a mapping of the law 对照: a level as it was assessed, in the words of the document.

Several mappings may fill one column, each from a column of its own: the first that knows something of a row counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from services.subsidy.engine.kinds.base import Failure, Row, Told
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.values import Resolved

NEEDS_REASSESSMENT = "needs_reassessment"
"""The code a mapping gives where an assessment does not tell the level; a key it does not have means the same."""


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
    return list(told.values())
