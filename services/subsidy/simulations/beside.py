"""What other benefits of the same senior and month leave of a programme, by one law 叠加享受. Pure; frames in and out.

The same as in a run whose month nobody was paid for before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from services.subsidy.determinations.beside import rivals
from services.subsidy.engine import Pack
from services.subsidy.inputs.domain import FACTS
from services.subsidy.runs.combining import alike
from services.subsidy.runs.domain import Outcome
from services.subsidy.runs.stacking import together
from services.subsidy.simulations.laws import silence
from shared.clock import Month

CASH = "cash"
_TOUCHED = {"senior_id": pl.String(), "left": pl.Int64(), "instead": pl.String(), "why": pl.String()}


def others(pack: Pack, programme: str, month: Month, *, simulate: bool) -> list[str]:
    """The benefits that bear on a programme in a month. A run pays cash, so only cash bears on cash; what is given
    otherwise is held against everything, as in a determination. Who answers nobody claims nothing."""
    paid = pack.programmes[programme].form == CASH
    some = [code for code, law in pack.programmes.items() if law.form == CASH or not paid]
    if not rivals(pack, programme, month, some):
        return []
    answering = [code for code in some if silence(pack, code, month, simulate=simulate) is None]
    return rivals(pack, programme, month, answering)


def due(judged: pl.DataFrame, programme: str) -> pl.DataFrame:
    """Of what ``lines.judge`` answers, how much each senior is due: senior_id, programme, own (fen)."""
    rows = judged.filter(pl.col("amount_fen") > 0, pl.col("senior_id").is_not_null())
    sums = rows.group_by("senior_id").agg(own=pl.col("amount_fen").sum())
    return sums.select("senior_id", pl.lit(programme).alias("programme"), "own")


def left(pack: Pack, programme: str, month: Month, judged: pl.DataFrame, dues: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The rows of a programme with what remains of them beside the other ``dues``, and why it is less.

    Rows that lose nothing stay as they are. A senior's rows get what is left in the order of a run's lines.
    """
    mine = due(judged, programme) if any(not each.is_empty() for each in dues) else None
    if mine is None:
        return judged
    claims = pl.concat([mine, *(each.join(mine, on="senior_id", how="semi") for each in dues)])
    touched = pl.DataFrame(list(_touched(pack, programme, month, claims)), schema=_TOUCHED, orient="row")
    if touched.is_empty():
        return judged
    plain = judged.with_columns(pl.col("outcome", "reason").cast(pl.String))
    order = FACTS[pack.programmes[programme].source].order.split(", ")
    cut = _shared(plain.join(touched, on="senior_id").sort(order, nulls_last=True, maintain_order=True))
    return pl.concat([plain.join(touched, on="senior_id", how="anti"), cut.select(plain.columns)])


def _touched(pack: Pack, programme: str, month: Month, claims: pl.DataFrame) -> Iterator[tuple[str, int, str, str]]:
    """Each senior who is paid less: what is left, and outcome and reason of what is not."""
    nothing = pl.lit(0, pl.Int64)
    packs = {name: pl.lit(pack.hash) for name in ("first_pack", "last_pack")}
    seniors, cases = alike(claims.with_columns(decided=nothing, waiting=nothing, **packs))
    solved = [together([pack], month, sums).get(programme) for sums, _ in cases]
    for senior, number in seniors:
        if less := solved[number]:
            instead = Outcome.HELD if less.outcome == Outcome.HELD else Outcome.NOT_ELIGIBLE
            yield str(senior), less.amount_fen, instead.value, less.reason


def _shared(rows: pl.DataFrame) -> pl.DataFrame:
    """What is left, row by row in their order; whoever loses something in a county is told why there."""
    alone = pl.col("amount_fen")
    before = alone.cum_sum().over("senior_id") - alone
    share = pl.min_horizontal(alone, pl.max_horizontal(pl.col("left") - before, pl.lit(0, pl.Int64)))
    rows = rows.with_columns(_share=share, _county=pl.col("region").str.slice(0, 6))
    loses = (pl.col("_share") < alone).any().over("senior_id", "_county")
    unpaid = pl.col("_share") == 0
    return rows.with_columns(
        amount_fen=pl.col("_share"),
        outcome=pl.when(loses & unpaid).then(pl.col("instead")).otherwise(pl.col("outcome")),
        reason=pl.when(loses).then(pl.col("why")).otherwise(pl.col("reason")),
    )
