"""What holds for every programme of the sample district, whatever its formula."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.subsidy.engine import calculate, explain, render
from services.subsidy.engine.columns import columns_of
from services.subsidy.engine.kinds.lookup import column_of
from services.subsidy.engine.model import Dated
from shared.clock import Month
from tests.property.rows import MONTHS, PACK, PROGRAMMES, batches, dated, facts, frame, slips

EVERY = pytest.mark.parametrize("programme", PROGRAMMES)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.differing_executors]
QUICK = settings(max_examples=8, suppress_health_check=SLOW)
FEW = settings(QUICK, max_examples=4)
MORE = settings(QUICK, max_examples=20)

LADDERS: dict[str, list[Any]] = {
    "care_level": ["self_care", "partly_disabled", "disabled"],
    "service_class": ["no_class", "universal", "subsidised"],
    "grade": [1, 2, 3, 4, 5],
    "content": ["basic", "full"],
    "quality": ["poor", "fair", "good"],
    "evaluation": ["poor", "fair", "good"],
    "person_times": [0, 199, 200, 499, 500, 5000],
    "verified_meals": [0, 299, 300, 999, 1000, 99_999],
    "opening_days": [0, 4, 5, 7],
    "approved_beds": [0, 1, 20, 21, 500],
    "units": [0, 1, 2, 3, 9],
    "cost_fen": [0, 1, 62, 63, 37_499, 37_500, 37_501, 999_999_999],
    "family_care_months": [0, 5, 6, 60],
    "birth_date": sorted(facts("longevity_allowance", MONTHS[0])["birth_date"].elements, reverse=True),  # type: ignore[attr-defined]  # of sampled_from
    "used_in_year": [16, 15, 14, 1, 0],
    "beds_paid_before": [300, 20, 1, 0],
    "paid_before": [True, False],
    "item_paid_before": [True, False],
    "longest_break_days": [365, 31, 30, 0],
}
"""What a row may climb: on no rung does the law give less than on the one below."""
CLIMBS = [(code, column) for code in PROGRAMMES for column in columns_of(PACK.programmes[code]) if column in LADDERS]
FLOORS = sorted(
    {
        (code, name)
        for code in PROGRAMMES
        for _, name in PACK.programmes[code].slots()
        if PACK.content.parameters[name].semantics == "floor"
    }
)


def amounts(programme: str, month: Month, rows: list[dict[str, Any]], pack: Any = PACK) -> list[int]:
    """What each row gets."""
    return calculate(pack, programme, month, frame(programme, rows))["amount_fen"].to_list()


@EVERY
@QUICK
@given(data=st.data())
def test_a_batch_answers_as_each_subject_alone(programme: str, data: st.DataObject) -> None:
    """Beside them stand two more of each: for both everything plain holds, so that whatever is shared would show."""
    month, drawn = data.draw(dated(programme))
    rows = drawn + [row | _best(programme) | {"subject_id": f"{n}-{row['subject_id']}"} for n in "tu" for row in drawn]
    batch = calculate(PACK, programme, month, frame(programme, rows))
    for (subject,), asked in frame(programme, rows).group_by("subject_id"):
        answer = batch.filter(pl.col("subject_id") == subject)
        assert calculate(PACK, programme, month, asked).equals(answer)


@EVERY
@QUICK
@given(data=st.data())
def test_the_order_of_rows_changes_nothing(programme: str, data: st.DataObject) -> None:
    """Beside them stand the same rows as those of one subject, for whom everything plain holds."""
    month, drawn = data.draw(dated(programme))
    rows = drawn + _of_one(programme, month, drawn)
    order = data.draw(st.permutations(range(len(rows))))
    inputs = frame(programme, rows)
    straight = calculate(PACK, programme, month, inputs)
    assert calculate(PACK, programme, month, inputs[order]).equals(straight[order])


def _of_one(programme: str, month: Month, drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All rows of one subject; of units, all on one day, and of one record where amount or number tell them apart."""
    rows = [row | _best(programme) | {"subject_id": "one"} for row in drawn]
    if "service_date" not in drawn[0]:
        return rows
    names = dict(PACK.programmes[programme].slots())
    over, found, seen = column_of(PACK.content.parameters[names["amount"]]) or "", [], set[tuple[Any, Any]]()
    for row in rows:
        mark = row.get(over), row["units"]
        same = {"row_key": "same"} if over and mark not in seen else {}
        seen.add(mark)
        found.append(row | {"service_date": month.first} | same)
    return found


@EVERY
@QUICK
@given(data=st.data())
def test_nothing_is_negative_and_nothing_raises(programme: str, data: st.DataObject) -> None:
    """Beside the rows stands one as it could be, for which everything plain holds, with every single slip in turn."""
    month, drawn = data.draw(dated(programme))
    fit = data.draw(batches(programme, month, nonsense=False))[0] | _best(programme)
    slipped = [fit | slip | {"subject_id": f"slip-{place}"} for place, slip in enumerate(slips(programme))]
    rows = drawn + [{name: row.get(name) for name in drawn[0]} for row in slipped]
    result = calculate(PACK, programme, month, frame(programme, rows))
    assert result.height == len(rows)
    assert result["amount_fen"].null_count() == 0
    assert (result["amount_fen"] >= 0).all()
    assert ((result["outcome"] == "paid") == (result["amount_fen"] > 0)).all()
    assert result.filter(pl.col("amount_fen") == 0)["reason"].null_count() == 0


@EVERY
@FEW
@given(data=st.data())
def test_every_answer_is_explained_and_told(programme: str, data: st.DataObject) -> None:
    """Of the first subject as drawn, and of one who has all rows and for whom everything plain holds."""
    month, rows = data.draw(dated(programme))
    first = [row for row in rows if row["subject_id"] == rows[0]["subject_id"]]
    for one in (first, _of_one(programme, month, rows)):
        trace = explain(PACK, programme, month, one)
        assert trace["amount_fen"] == sum(amounts(programme, month, one))
        assert render(trace, "zh")
        assert render(trace, "en")


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_rows_as_they_could_be_are_paid_at_times(programme: str) -> None:
    """Else the properties would hold of rows that nobody is paid for, and say nothing."""
    paid: list[int] = []

    @settings(QUICK, max_examples=100, database=None, derandomize=True)
    @given(batches(programme, MONTHS[0], nonsense=False))
    def count(rows: list[dict[str, Any]]) -> None:
        if not any(paid):
            paid.extend(amounts(programme, MONTHS[0], rows))

    count()
    assert any(paid)


@pytest.mark.parametrize(("programme", "column"), CLIMBS)
@QUICK
@given(data=st.data())
def test_nobody_gets_less_for_more(programme: str, column: str, data: st.DataObject) -> None:
    """Every row on every rung, each a subject of its own: as drawn, and with the plain conditions met."""
    month, drawn = data.draw(dated(programme, nonsense=False))
    rows, names = drawn + [row | _best(programme) for row in drawn], columns_of(PACK.programmes[programme])
    climbed = [
        {name: row[name] for name in names} | {"subject_id": f"{n}-{place}", column: rung}
        for n, row in enumerate(rows)
        for place, rung in enumerate(LADDERS[column])
    ]
    got, rungs = amounts(programme, month, climbed), len(LADDERS[column])
    for first in range(0, len(got), rungs):
        assert got[first : first + rungs] == sorted(got[first : first + rungs])


def _best(programme: str) -> dict[str, Any]:
    """The plain conditions met, so that the column in question decides."""
    conditions = [condition for condition in PACK.programmes[programme].conditions if condition.column]
    plain = {c.column or "": c.test == "is_true" for c in conditions if c.test in {"is_true", "is_false"}}
    lists = {c.column or "": PACK.resolve(c.parameter or "", MONTHS[0].first) for c in conditions if c.test == "one_of"}
    fresh = {
        name: False for name in columns_of(PACK.programmes[programme]) if name in {"paid_before", "item_paid_before"}
    }
    return plain | {column: value.members[0] for column, value in lists.items() if value} | fresh


@pytest.mark.parametrize("programme", ["meal_subsidy", "respite_care"])
@MORE
@given(data=st.data())
def test_a_unit_more_never_costs_a_senior_anything(programme: str, data: st.DataObject) -> None:
    """Of units that are all worth the same. Where they are not, an early cheap one may use up the cap of a dear one."""
    rows = [row | _best(programme) for row in data.draw(batches(programme, MONTHS[0], nonsense=False))]
    place = data.draw(st.integers(0, len(rows) - 1))
    more = [row | {"units": row["units"] + (n == place)} for n, row in enumerate(rows)]
    assert sum(amounts(programme, MONTHS[0], rows)) <= sum(amounts(programme, MONTHS[0], more))


@pytest.mark.parametrize(("programme", "floor"), FLOORS)
@MORE
@given(data=st.data())
def test_a_raised_floor_lowers_nobody(programme: str, floor: str, data: st.DataObject) -> None:
    """Any figure of it by any amount. The part of a month is a difference of two rounded totals: a raise of a few fen
    may take one fen from a part that does not begin on the first day, and gives it to the part before."""
    month, rows = data.draw(dated(programme))
    value = PACK.resolve(floor, month.first)
    assert value
    raised = _raised(value.dated, data.draw(st.lists(st.integers(0, 99_999), min_size=5, max_size=5)))
    before = amounts(programme, month, rows)
    after = amounts(programme, month, rows, PACK.changed({floor: raised}))
    for row, less, more in zip(rows, before, after, strict=True):
        assert more >= less - (row.get("from_day") not in {None, 1})


def _raised(dated_value: Dated, by: list[int]) -> Any:
    steps = [Decimal(each) / 100 for each in by]
    if dated_value.bands is not None:
        bands = [band.model_dump() for band in dated_value.bands]
        return [band | {"value": band["value"] + step} for band, step in zip(bands, steps, strict=False)]
    return {key: each + step for (key, each), step in zip((dated_value.table or {}).items(), steps, strict=False)}


def test_every_floor_of_the_district_is_looked_at() -> None:
    """A floor that only a condition tests is a duty: raising it may refuse somebody, and is no floor of an amount."""
    fed = {name for _, name in FLOORS}
    tested = {c.parameter for code in PROGRAMMES for c in PACK.programmes[code].conditions}
    used = {name for code in PROGRAMMES for name in PACK.programmes[code].parameters()}
    floors = {name for name in used if PACK.content.parameters[name].semantics == "floor"}
    assert floors - fed == {"centre_operating_subsidy.minimum_opening_days", "home_retrofit.households"}
    assert floors - fed <= tested
    assert all(column_of(PACK.content.parameters[name]) for name in fed)


STATE = st.fixed_dictionaries(
    {
        "care_level": st.sampled_from(["self_care", "partly_disabled", "disabled"]),
        "grade": st.sampled_from([1, 2, 3, 4, 5]),
        "mode": st.sampled_from(["private", "private", "public_built_private_run", "public"]),
        "listed": st.sampled_from([False, False, False, True]),
    }
)


@MORE
@given(
    st.sampled_from(MONTHS),
    st.dictionaries(st.integers(2, 28), STATE, max_size=4),
    STATE,
    st.sets(st.integers(2, 31), max_size=10),
    st.tuples(st.integers(1, 9), st.integers(0, 9)),
)
def test_cuts_between_changes_move_not_one_fen(
    month: Month, changes: dict[int, Any], first: dict[str, Any], cuts: set[int], ends: tuple[int, int]
) -> None:
    """A stay whose level, grade, mode and listing change; cut at several days more, together and part by part."""
    begins, last = ends[0], month.days - ends[1]
    states = {begins: first} | {day: state for day, state in changes.items() if begins < day <= last}
    starts = sorted({*states, *(day for day in cuts if begins < day <= last)})
    whole, parts = _stay(states, sorted(states), last), _stay(states, starts, last)
    assume(len(parts) > 1)
    expected, together = amounts("operating_subsidy", month, whole), amounts("operating_subsidy", month, parts)
    alone = [amounts("operating_subsidy", month, [part])[0] for part in parts]
    assert together == alone
    for segment, amount in zip(whole, expected, strict=True):
        inside = [a for part, a in zip(parts, alone, strict=True) if _within(part, segment)]
        assert sum(inside) == amount


def _stay(states: dict[int, Any], starts: list[int], last: int) -> list[dict[str, Any]]:
    """A row for every start, in the state that began last."""
    ends = [start - 1 for start in starts[1:]] + [last]
    return [
        {"subject_id": "a", "from_day": start, "to_day": end, **states[max(day for day in states if day <= start)]}
        for start, end in zip(starts, ends, strict=True)
    ]


def _within(part: dict[str, Any], segment: dict[str, Any]) -> bool:
    return bool(segment["from_day"] <= part["from_day"] and part["to_day"] <= segment["to_day"])
