"""A share of a cost up to a ceiling (按费用比例、限额补贴), split between city and district: home retrofits, aids.

One row is one item of one project. The share is rounded half up to the fen and cut at the item's ceiling; the city's
part of the result is rounded half up, and the district bears the rest, so that the two always make the whole. Whether
the same item of the same subject is paid again is a decision: where it is paid once, an item that was paid before is
not paid, and one that stands twice in a batch is held in all its rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from services.subsidy.engine.kinds import lookup, once
from services.subsidy.engine.kinds.base import Change, Column, Computed, Failure, Kind, Row, Slot, Told
from services.subsidy.engine.rules import Rules


def compute(rules: Rules, frame: pl.LazyFrame, open_rows: pl.Expr) -> Computed:
    """适老化改造补贴: the share of the cost, at most the ceiling of the item; then who bears how much."""
    ceiling, share, city = rules.get("ceiling"), rules.get("share"), min(rules.get("city_share").number, 100)
    impossible = pl.col("cost_fen") < 0
    steps = frame.with_columns(share_percent=lookup.figure(share), ceiling_fen=lookup.figure(ceiling))
    missing = lookup.not_found(open_rows, {"share_percent": share, "ceiling_fen": ceiling})
    counts = open_rows & ~impossible & pl.col("ceiling_fen").is_not_null()
    share_fen = lookup.product(pl.when(counts).then(pl.col("cost_fen")), [pl.col("share_percent")])
    steps = (
        steps.with_columns(share_fen=share_fen)
        .with_columns(granted_fen=pl.when(counts).then(pl.min_horizontal("share_fen", "ceiling_fen")))
        .with_columns(city_fen=lookup.product(pl.col("granted_fen"), [pl.lit(city)]))
        .with_columns(district_fen=pl.col("granted_fen") - pl.col("city_fen"))
    )
    failures = [
        Failure("cost_impossible", impossible, outcome="held"),
        *_repeated(rules, open_rows & ~impossible),
        *missing,
        Failure("over_ceiling", pl.col("share_fen") > pl.col("ceiling_fen"), "ceiling", blocking=False),
    ]
    return Computed(steps, pl.col("granted_fen"), failures)


def _repeated(rules: Rules, due: pl.Expr) -> list[Failure]:
    """What speaks against an item that the same subject had before, or has twice in this batch.

    A pack kept from before this was asked for feeds no ``repeat``: its lines are proved as they were.
    """
    if not rules.has("repeat") or rules.get("repeat").choice != "ONCE":
        return []
    before = pl.col("item_paid_before")
    return [Failure("already_paid", before, "repeat"), once.failure(due & ~before, "subject_id", "item")]


def tell(rules: Rules, rows: Sequence[Row]) -> list[Told]:
    """The share of the cost, the ceiling where it cuts, the parts of city and district."""
    return [told for row in rows if row["share_fen"] is not None for told in _tell_item(rules, row)]


def _tell_item(rules: Rules, row: Row) -> list[Told]:
    share, ceiling, city = rules.get("share"), rules.get("ceiling"), rules.get("city_share")
    unit = ceiling.unit
    words = {"cost_fen": row["cost_fen"], "percent": row["share_percent"]}
    told = [Told("cost_share", row["share_fen"], unit, share, words)]
    if row["share_fen"] > row["ceiling_fen"]:
        told.append(Told("cut_to_ceiling", row["ceiling_fen"], unit, ceiling, {"state": row["item"]}))
    parts = {"percent": city.number, "district_fen": row["district_fen"]}
    return [*told, Told("city_share", row["city_fen"], unit, city, parts)]


def alternatives(rules: Rules, row: Row) -> list[Change]:
    """Another state of the fact the share is looked up by; another item would be another project."""
    return lookup.changes(rules, rules.get("share"), row)


KIND = Kind(
    name="cost_share",
    slots={
        "share": Slot(lookup.LOOKED_UP, "%"),
        "ceiling": Slot("table", "CNY/…"),
        "city_share": Slot("scalar", "%"),
        "repeat": Slot("choice", choices=("ONCE", "AGAIN")),
    },
    inputs={
        "item": Column(pl.String),
        "cost_fen": Column(pl.Int64),
        "item_paid_before": Column(pl.Boolean, slot="repeat"),
    },
    steps=dict.fromkeys(
        ("share_percent", "ceiling_fen", "share_fen", "granted_fen", "city_fen", "district_fen"), pl.Int64
    ),
    codes=("cost_impossible", "already_paid", once.CODE, *lookup.CODES, "over_ceiling"),
    compute=compute,
    tell=tell,
    alternatives=alternatives,
)
