"""Numbers in a plan, made once: making one anew takes longer than calculating a row."""

from __future__ import annotations

from functools import lru_cache

import polars as pl


@lru_cache(maxsize=4096)
def integer(value: int | None, dtype: type[pl.DataType] = pl.Int64) -> pl.Expr:
    """A whole number as an expression; null for None."""
    return pl.lit(value, dtype)
