"""Which columns a row of a programme carries: those its formula reads, and those the programme adds itself."""

from __future__ import annotations

import polars as pl

from services.subsidy.engine.kinds import KINDS
from services.subsidy.engine.kinds.base import Column
from services.subsidy.engine.programme import Programme

TYPES: dict[str, type[pl.DataType]] = {
    "date": pl.Date,
    "yes_no": pl.Boolean,
    "code": pl.String,
    "number": pl.Int64,
    "money": pl.Int64,
}
"""What each type of input is kept as; money in fen."""


def columns_of(programme: Programme) -> dict[str, Column]:
    """Every input of a programme by name. KeyError when there is no such formula."""
    inputs = programme.inputs.items()
    own = {name: Column(TYPES[kind.rstrip("?")], nullable=kind.endswith("?")) for name, kind in inputs}
    return KINDS[programme.kind].columns(programme) | own
