"""Frozen rows of applications as the frame that the engine calculates over."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
import polars as pl

from services.subsidy.applications.columns import Asked, asked
from services.subsidy.applications.domain import shape_of
from services.subsidy.applications.levels import hold_against
from services.subsidy.applications.rows import value_of
from services.subsidy.engine import Pack, judged_on
from services.subsidy.engine.columns import columns_of
from services.subsidy.engine.kinds.tiered_by_age import age_on
from shared.clock import Month

_DTYPES: Mapping[str, type[pl.DataType]] = {
    "date": pl.Date,
    "yes_no": pl.Boolean,
    "code": pl.String,
    "number": pl.Int64,
    "money": pl.Int64,
    "level": pl.String,
}


def expand(pack: Pack, programme: str, month: Month, stored: pl.DataFrame) -> pl.DataFrame:
    """One column per fact, in its type, held against the register's assessments. A fact that has left the law is left
    out, one that came later is null."""
    told = [orjson.loads(row) for row in stored["facts"]]
    columns = asked(pack, programme)
    facts = {
        name: pl.Series([value_of(column, row.get(name)) for row in told], dtype=_DTYPES[column.type])
        for name, column in columns.items()
    }
    useless = [name for name, column in columns.items() if not _used(pack, month, column, facts)]
    frame = stored.drop("facts").with_columns(**facts).drop(useless)
    frame = hold_against(pack, pack.programmes[programme], month, frame)
    row_key = pl.concat_str("application_id", pl.lit("/"), "row")
    many = shape_of(pack.programmes[programme].kind).many
    frame = frame.with_columns(row_key=row_key, subject=row_key if many else pl.col("subject"))
    frame = frame.with_columns(
        first_month=pl.col("applied_from") == month.first,
        first_claim=~pl.col("paid_before"),
    )
    if (resident := columns_of(pack.programmes[programme]).get("resident_here")) and not resident.nullable:
        frame = frame.with_columns(resident_here="household_here")  # packs of before took the one for the other
    if "age" in columns_of(pack.programmes[programme]):
        frame = frame.with_columns(age=age_on(pl.lit(judged_on(pack, programme, month)), "FEB_28").cast(pl.Int64))
    return frame


def _used(pack: Pack, month: Month, column: Asked, facts: Mapping[str, pl.Series]) -> bool:
    """Whether a column has anything to say. What only fills another one through a mapping that nobody has decided
    must not stop those who gave that other one."""
    if column.mapping is None:
        return True
    if facts[column.name].is_null().all():
        return False
    return pack.resolve(column.mapping, month.first) is not None or facts[column.either[0]].is_null().all()
