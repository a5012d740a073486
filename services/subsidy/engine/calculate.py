"""The one path from facts to amounts: a batch of one is the single case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from services.subsidy.engine.columns import columns_of
from services.subsidy.engine.conditions import failure
from services.subsidy.engine.derived import fill, needs_reassessment
from services.subsidy.engine.kinds import kind_of
from services.subsidy.engine.kinds.base import Computed, Failure
from services.subsidy.engine.kinds.lookup import factor_names
from services.subsidy.engine.pack import Pack
from services.subsidy.engine.plan import integer, run
from services.subsidy.engine.rules import Rules
from shared.clock import Month

OUTCOMES = pl.Enum(["paid", "not_eligible", "not_configured", "held"])
ENGINE_REASONS = (
    "human_hold",
    "register_contradicts",
    "missing_input",
    "document_is_draft",
    "effective_date_missing",
    "before_effective_date",
    "after_expiry_date",
    "needs_reassessment",
    "nothing_due",
)
RESULTS = ("amount_fen", "outcome", "reason")
"""The columns every answer has."""


def calculate(
    pack: Pack, programme: str, month: Month, inputs: pl.DataFrame, *, simulate: bool = False
) -> pl.DataFrame:
    """What is due in a month, row by row and in one go.

    Returns ``inputs`` with ``amount_fen``, ``outcome``, ``reason`` and the steps of the formula kind, rows in their
    order. A draft pays nobody unless ``simulate`` is set. KeyError for no such programme, ValueError for a missing
    column; no row ever raises.
    """
    rules = Rules(pack, pack.programmes[programme], month, simulate=simulate, given=frozenset(inputs.columns))
    frame = typed(inputs, rules)
    if rules.shut:
        return _shut(frame, rules, *rules.shut)
    computed = assess(rules, frame)
    return run(_verdict(computed, reasons(rules)))


def assess(rules: Rules, frame: pl.LazyFrame) -> Computed:
    """The formula's steps and everything that speaks against paying, in the order in which it counts."""
    kind = kind_of(rules)
    frame = kind.prepare(rules, frame) if kind.prepare else frame
    conditions = [failure(rules, condition) for condition in rules.programme.conditions]
    asked = [*_engine_failures(rules, frame.collect_schema().names()), *conditions]
    columns = [f"_asked_{place}" for place in range(len(asked))]
    frame = frame.with_columns(
        each.holds.fill_null(value=False).alias(name) for name, each in zip(columns, asked, strict=True)
    )
    frame = frame.with_columns(_open=~pl.any_horizontal(columns))
    computed = kind.compute(rules, frame, pl.col("_open"))
    asked = [replace(each, holds=pl.col(name)) for name, each in zip(columns, asked, strict=True)]
    return Computed(
        computed.frame.with_columns(_due=computed.due),
        pl.col("_due"),
        [*asked, *computed.failures, Failure("nothing_due", pl.col("_due") == 0)],
        (*columns, "_open", "_due", *computed.scratch),
    )


def reasons(rules: Rules) -> pl.Enum:
    """Every reason a programme can give: the engine's, the formula's, the pack's conditions, its parameters."""
    conditions = [condition.code for condition in rules.programme.conditions]
    codes = [*ENGINE_REASONS, *conditions, *kind_of(rules).codes]
    return pl.Enum([*codes, *(name for name in rules.pack.content.parameters)])


def reference_day(pack: Pack, programme: str, month: Month) -> date:
    """The day on which residence is judged; the first of the month while nobody has decided."""
    rules = Rules(pack, pack.programmes[programme], month)
    slots = dict(rules.programme.slots())
    decided = pack.resolve(slots["reference_day"], month.first) if "reference_day" in slots else None
    return month.last if decided and decided.choice == "LAST_DAY" else month.first


def judged_on(pack: Pack, programme: str, month: Month) -> date:
    """The day on which ages and levels are judged: as the law decides, otherwise the end of the month."""
    decides = "reference_day" in pack.programmes[programme].uses
    return reference_day(pack, programme, month) if decides else month.last


def summarise(result: pl.DataFrame, by: Sequence[str] = ("subject_id",)) -> pl.DataFrame:
    """Rows rolled up to lines: sums in fen; paid if anything is paid; the first reason in the order of the codes."""
    lines = result.group_by(*by, maintain_order=True).agg(
        pl.col("amount_fen").sum(), pl.col("outcome").max(), pl.col("reason").min()
    )
    paid = pl.when(pl.col("amount_fen") > 0).then(pl.lit("paid", OUTCOMES)).otherwise(pl.col("outcome"))
    return lines.with_columns(outcome=paid)


def typed(inputs: pl.DataFrame, rules: Rules) -> pl.LazyFrame:
    """The inputs in the types of the programme, derived columns filled. ValueError names what is not there."""
    columns, filled = columns_of(rules.programme), {column for column, _ in rules.mappings}
    absent = [name for name in ("subject_id", *columns) if name not in filled and name not in inputs.columns]
    if absent:
        raise ValueError(f"{rules.programme.code} needs the columns {', '.join(absent)}")
    given = {name: column.dtype for name, column in columns.items() if name in inputs.columns}
    wrong = {name: dtype for name, dtype in given.items() if inputs.schema[name] != dtype}
    read = inputs.lazy().with_columns(_read(inputs.schema[name], name, dtype) for name, dtype in wrong.items())
    return fill(rules, read) if filled else read


def _read(given: pl.DataType, name: str, wanted: type[pl.DataType]) -> pl.Expr:
    """A column in the programme's type; what cannot be read is null, which holds the row."""
    if wanted is pl.Date and given == pl.String:
        return pl.col(name).str.to_date(strict=False)
    return pl.col(name).cast(wanted, strict=False)


def _engine_failures(rules: Rules, given: Sequence[str]) -> list[Failure]:
    needed = [name for name, column in columns_of(rules.programme).items() if not column.nullable]
    absent = pl.any_horizontal(pl.col(name).is_null() for name in ("subject_id", *needed))
    failures = [Failure("missing_input", absent, outcome="held")]
    if rules.programme.derived:
        failures.append(needs_reassessment(rules))
    held = {"on_hold": "human_hold", "disputed": _contradicts(rules)}
    holds = [(code, pl.col(name).fill_null(value=False)) for name, code in held.items() if name in given]
    return [*(Failure(code, hold, outcome="held") for code, hold in holds), *failures]


def _contradicts(rules: Rules) -> str:
    """The reason of what the register denies; packs from before have no words for it."""
    known = "register_contradicts" in rules.pack.content.labels.reasons
    return "register_contradicts" if known else "human_hold"


def _verdict(computed: Computed, codes: pl.Enum) -> pl.LazyFrame:
    """Amount, outcome and reason, from the first failure that holds for a row."""
    failures = list(computed.failures)
    first = integer(len(failures), pl.UInt8)
    for place, failure_ in reversed(list(enumerate(failures))):
        first = pl.when(failure_.holds).then(integer(place, pl.UInt8)).otherwise(first)
    pays = pl.Series([*(not failure_.blocking for failure_ in failures), True])
    outcomes = pl.Series([*(failure_.outcome for failure_ in failures), "not_eligible"], dtype=OUTCOMES)
    reason = pl.Series([*(failure_.code for failure_ in failures), None], dtype=codes)
    which = pl.col("_first")
    amount = pl.when(pl.lit(pays).gather(which)).then(computed.due).otherwise(0).fill_null(0).cast(pl.Int64)
    judged = computed.frame.with_columns(_first=first).with_columns(amount_fen=amount)
    paid, refused = pl.lit("paid", OUTCOMES), pl.lit(outcomes).gather(which)
    outcome = pl.when(pl.col("amount_fen") > 0).then(paid).otherwise(refused)
    judged = judged.with_columns(outcome=outcome, reason=pl.lit(reason).gather(which))
    return judged.drop("_first", *computed.scratch)


def _shut(frame: pl.LazyFrame, rules: Rules, outcome: str, reason: str) -> pl.DataFrame:
    """The programme answers nobody; a human hold still outranks that."""
    held = pl.col("on_hold").fill_null(value=False) if "on_hold" in frame.collect_schema() else pl.lit(value=False)
    codes = reasons(rules)
    steps = {name: pl.lit(None, dtype) for name, dtype in step_columns(rules).items()}
    shut = frame.with_columns(
        **steps,
        amount_fen=pl.lit(0, pl.Int64),
        outcome=pl.when(held).then(pl.lit("held", OUTCOMES)).otherwise(pl.lit(outcome, OUTCOMES)),
        reason=pl.when(held).then(pl.lit("human_hold", codes)).otherwise(pl.lit(reason, codes)),
    )
    return run(shut)


def step_columns(rules: Rules) -> dict[str, type[pl.DataType]]:
    """The columns a formula adds, by type; a factor's column is named after what it is read over."""
    parameters = rules.pack.content.parameters
    factors = [parameters[name] for slot, name in rules.programme.slots() if slot == "factors"]
    return {**kind_of(rules).steps, **dict.fromkeys(factor_names(factors), pl.Int64)}
