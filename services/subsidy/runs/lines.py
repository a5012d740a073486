"""From inputs to lines: the engine's amounts rolled up to whoever gets the money. Pure; frames in, frames out.

An entitlement has the columns of KEY and region, amount_fen, outcome, reason, outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from services.subsidy.applications.frames import expand
from services.subsidy.engine import Pack, calculate, summarise
from services.subsidy.engine.derived import ASSESSED_ON, LEVELS, valid
from services.subsidy.engine.programme import Programme
from services.subsidy.inputs.domain import APPLICATION, FACTS, STAY, Facts, beneficiary_kind
from services.subsidy.runs.domain import LineKind, Outcome, Totals
from shared.clock import Month

KEY = ["senior_id", "beneficiary_id", "application_id"]
"""What a line is about. The application is empty where facts come from the register or from verified meals, the senior
where an organisation is entitled by itself."""
COLUMNS = [
    "run_id", "scope", "month", "region", "programme", "beneficiary_kind", "beneficiary_id", "senior_id",
    "application_id", "sequence", "kind", "amount_fen", "outcome", "reason", "pack_hash", "corrects_line_id",
]  # fmt: skip
COUNTED = ("new_beds", "paid_units")
"""The steps that say how many beds or units were paid."""
FACTS_WITHDRAWN, FACTS_CHANGED, PAID_ELSEWHERE = "facts_withdrawn", "facts_changed", "decided_in_another_run"


@dataclass(frozen=True)
class Part:
    """What all lines of one scope of a run have in common."""

    run_id: str
    scope: int
    programme: str
    month: Month
    pack: Pack

    @property
    def facts(self) -> Facts:
        """The kind of facts that the programme is fed with."""
        return FACTS[self.pack.programmes[self.programme].source]


def schema(facts: Facts) -> dict[str, pl.DataType]:
    """The Polars types of a kind of facts."""
    return {name: getattr(pl, kind)() for name, kind in facts.columns.items()}


def prepared(pack: Pack, programme: str, month: Month, inputs: pl.DataFrame) -> pl.DataFrame:
    """Stored inputs as the engine reads them: one column per fact, the subject, the row."""
    facts = FACTS[pack.programmes[programme].source]
    names = {"subject_id": pl.col(facts.subject)}
    if facts is APPLICATION:
        inputs = expand(pack, programme, month, inputs)
    elif facts.row_key:
        names["row_key"] = pl.col(facts.row_key)
    elif facts is STAY:
        names |= {"person_id": pl.col("senior_id"), "home_id": pl.col("institution_id")}
    return _assessed(pack, pack.programmes[programme], month, inputs).with_columns(**names)


def _assessed(pack: Pack, law: Programme, month: Month, inputs: pl.DataFrame) -> pl.DataFrame:
    """What the register's assessments say while they are valid. A level that nobody has translated is left out, so
    that the one typed at admission stands."""
    if ASSESSED_ON not in inputs.columns:
        return inputs
    parameters, counts = pack.content.parameters, valid(pack, law, month).fill_null(value=False)
    translated = {parameters[name].over for _, name in law.mappings() if pack.resolve(name, month.first)}
    levels = [name for name in LEVELS if name in inputs.columns]
    return inputs.with_columns(
        *(pl.when(counts).then(pl.col(name)).alias(name) for name in levels), assessment_valid=counts
    ).drop(name for name in levels if name not in translated)


def judge(pack: Pack, programme: str, month: Month, inputs: pl.DataFrame, *, simulate: bool = False) -> pl.DataFrame:
    """What is due row by row, and to whom. A draft answers only a simulation."""
    law = pack.programmes[programme]
    facts = FACTS[law.source]
    result = calculate(pack, programme, month, prepared(pack, programme, month, inputs), simulate=simulate)
    outside = pl.lit(value=False)
    if "band" in result.columns and facts is not APPLICATION:
        gone = pl.col("reason").cast(pl.String).eq_missing("died_before_month")
        held = pl.col("outcome").cast(pl.String) == Outcome.HELD.value
        outside = (pl.col("band").is_null() & ~held) | gone
    if facts is not APPLICATION:
        result = result.with_columns(application_id=pl.lit(None, pl.String))
    return result.with_columns(outside=outside, beneficiary_id=pl.col(facts.payee_column(law.payee)))


def roll_up(facts: Facts, judged: pl.DataFrame) -> pl.DataFrame:
    """Rows to entitlements."""
    by, result = [*KEY, "region"], judged
    if facts.subject != "senior_id" or facts.row_key:
        kept = result.group_by(*by, maintain_order=True).agg(pl.col("outside").all())
        result = summarise(result, by=by).join(kept, on=by, how="left", nulls_equal=True, maintain_order="left")
    return result.select(
        *by, "amount_fen", pl.col("outcome").cast(pl.String), pl.col("reason").cast(pl.String), "outside"
    )


def entitle(pack: Pack, programme: str, month: Month, inputs: pl.DataFrame, *, simulate: bool = False) -> pl.DataFrame:
    """What is due to whom; the same for a million rows and for one. A draft answers only a simulation."""
    judged = judge(pack, programme, month, inputs, simulate=simulate)
    return roll_up(FACTS[pack.programmes[programme].source], judged)


def paid_rows(judged: pl.DataFrame) -> pl.DataFrame:
    """The rows of applications that something is due for, and of how many beds or units."""
    counted = next((name for name in COUNTED if name in judged.columns), None)
    count = pl.col(counted) if counted else pl.lit(None, pl.Int64)
    return judged.filter(pl.col("amount_fen") > 0).select("application_id", "row", "amount_fen", count=count)


def regular(part: Part, entitled: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The lines of a month calculated for the first time.

    ``known`` (KEY, decided_fen, sequence) are those whom another run decided already, as when somebody moved: of what
    is due they get what is left, and the line says so. To whom nothing is due here hears the reason that holds here,
    whichever run came first.
    """
    nothing = pl.lit(None, pl.String)
    lines = entitled.filter(~pl.col("outside")).drop("outside")
    lines = lines.with_columns(sequence=pl.lit(0), kind=pl.lit(LineKind.REGULAR.value), corrects_line_id=nothing)
    if known.is_empty():
        return complete(part, lines)
    left = pl.max_horizontal(pl.col("amount_fen") - pl.col("decided_fen").fill_null(0), pl.lit(0, pl.Int64))
    paid_before = (pl.col("decided_fen") > 0).fill_null(value=False) & (pl.col("amount_fen") > 0)
    nothing_left = paid_before & (left == 0)
    known = known.rename({"sequence": "known"})
    lines = lines.join(known, on=KEY, how="left", nulls_equal=True, maintain_order="left").with_columns(
        sequence=pl.coalesce(pl.col("known") + 1, pl.col("sequence")),
        amount_fen=left,
        outcome=pl.when(nothing_left).then(pl.lit(Outcome.NOT_ELIGIBLE.value)).otherwise(pl.col("outcome")),
        reason=pl.when(paid_before).then(pl.lit(PAID_ELSEWHERE)).otherwise(pl.col("reason")),
    )
    return complete(part, lines)


def totals(entitled: pl.DataFrame, made: pl.DataFrame) -> Totals:
    """Control totals of a month calculated for the first time: subjects that went in, lines that came out."""
    counts = dict(made.group_by("outcome").len().iter_rows())
    held, paid = counts.pop(Outcome.HELD.value, 0), counts.pop(Outcome.PAID.value, 0)
    return Totals(
        inputs=entitled.height,
        outside=int(entitled["outside"].sum()),
        paid=paid,
        refused=sum(counts.values()),
        held=held,
        amount_fen=int(made["amount_fen"].sum()),
    ).check()


def notices(entitled: pl.DataFrame, made: pl.DataFrame) -> list[tuple[str, str | None, int, int]]:
    """(outcome, reason, subjects, fen) for every reason, those outside the programme among them."""
    outside = entitled.filter("outside").group_by("reason").agg(pl.len(), pl.lit(0, pl.Int64).alias("fen"))
    inside = made.group_by("outcome", "reason").agg(pl.len(), pl.col("amount_fen").sum())
    found = [("outside", *row) for row in outside.iter_rows()] + list(inside.iter_rows())
    return sorted(found, key=lambda row: (row[0], row[1] or ""))


def complete(part: Part, lines: pl.DataFrame) -> pl.DataFrame:
    payee = part.pack.programmes[part.programme].payee
    return lines.with_columns(
        run_id=pl.lit(part.run_id),
        scope=pl.lit(part.scope),
        month=pl.lit(part.month.first),
        programme=pl.lit(part.programme),
        beneficiary_kind=pl.lit(beneficiary_kind(payee)),
        pack_hash=pl.lit(part.pack.hash),
    ).select(COLUMNS)
