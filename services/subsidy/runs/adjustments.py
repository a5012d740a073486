"""Back-pay 补发 and claw-back 追缴: what is due as known now against what was decided before. Pure."""

from __future__ import annotations

import polars as pl

from services.subsidy.runs.area import Area, holds
from services.subsidy.runs.domain import LineKind, Outcome, Totals
from services.subsidy.runs.lines import FACTS_CHANGED, FACTS_WITHDRAWN, KEY, Part, complete

DECIDED = {
    "senior_id": pl.String(),
    "beneficiary_id": pl.String(),
    "application_id": pl.String(),
    "line_region": pl.String(),
    "decided_fen": pl.Int64(),
    "sequence": pl.Int64(),
    "paid_line_id": pl.String(),
}
"""What earlier lines add up to, per KEY: their sum, the highest sequence, the newest line that paid something."""


def compare(entitled: pl.DataFrame, decided: pl.DataFrame, area: Area) -> pl.DataFrame:
    """Every subject that was looked at again and is this area's to correct, with ``difference`` in fen.

    A subject of which nothing is known any more is due nothing. Who is held, and who falls outside what is
    configured, is left as it was: neither gives back nor gets more. A limit of arrears is the programme's own, for the
    cause that the law names: what came late for another cause is paid whenever it is learned.
    What was paid is corrected where it was paid, and its lines stay in that region; otherwise where the place is now.
    """
    joined = entitled.join(decided, on=KEY, how="full", coalesce=True, nulls_equal=True)
    was_paid = (pl.col("decided_fen") > 0).fill_null(value=False)
    joined = joined.with_columns(region=pl.when(was_paid).then("line_region").otherwise("region"))
    joined = joined.filter(holds("region", area)).with_columns(
        amount_fen=pl.col("amount_fen").fill_null(0),
        outcome=pl.col("outcome").fill_null(Outcome.NOT_ELIGIBLE.value),
        reason=pl.when(pl.col("outcome").is_null()).then(pl.lit(FACTS_WITHDRAWN)).otherwise(pl.col("reason")),
        decided_fen=pl.col("decided_fen").fill_null(0),
        sequence=pl.col("sequence").fill_null(-1),
    )
    difference = pl.col("amount_fen") - pl.col("decided_fen")
    left_alone = pl.col("outcome").is_in([Outcome.HELD.value, Outcome.NOT_CONFIGURED.value])
    return joined.with_columns(difference=pl.when(left_alone).then(0).otherwise(difference))


def lines(part: Part, compared: pl.DataFrame) -> pl.DataFrame:
    """A line for every difference; a recovery names the line that paid too much."""
    due = pl.col("difference") > 0
    changed = compared.filter(pl.col("difference") != 0).with_columns(
        sequence=pl.col("sequence") + 1,
        amount_fen=pl.col("difference"),
        reason=pl.col("reason").fill_null(FACTS_CHANGED),
        kind=pl.when(due).then(pl.lit(LineKind.ARREARS.value)).otherwise(pl.lit(LineKind.RECOVERY.value)),
        corrects_line_id=pl.col("paid_line_id"),
    )
    return complete(part, changed)


def totals(compared: pl.DataFrame) -> Totals:
    """Control totals of a look back: outside are those for whom nothing changes, refused those who owe."""
    held = compared.filter(pl.col("outcome") == Outcome.HELD.value).height
    arrears = compared.filter(pl.col("difference") > 0).height
    owing = compared.filter(pl.col("difference") < 0).height
    return Totals(
        inputs=compared.height,
        outside=compared.height - held - arrears - owing,
        paid=arrears,
        refused=owing,
        held=held,
        amount_fen=int(compared["difference"].sum()),
    ).check()


def notices(made: pl.DataFrame) -> list[tuple[str, str | None, int, int]]:
    """(kind, reason, subjects, fen) of the lines of a look back."""
    grouped = made.group_by("kind", "reason").agg(pl.len(), pl.col("amount_fen").sum())
    return sorted(grouped.iter_rows(), key=lambda row: (row[0], row[1] or ""))
