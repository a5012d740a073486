"""The same thing twice in one batch: nobody is paid for it until somebody has looked."""

from __future__ import annotations

import polars as pl

from services.subsidy.engine.kinds.base import Failure

CODE = "counted_twice"
"""The reason all rows of the same thing are held."""


def failure(due: pl.Expr, *key: str) -> Failure:
    """Of the rows that would be paid, those that share a key with another. ``due`` is never null."""
    named = pl.col(*key) if len(key) == 1 else pl.struct(*key)
    return Failure(CODE, due & pl.when(due).then(named).is_duplicated(), outcome="held")
