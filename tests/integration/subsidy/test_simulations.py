"""What a changed law would cost, on a real database: sums worked out by hand, who gains, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from shared.database import Scope
from shared.ids import new_id
from tests.integration.subsidy.simulating import AGE, MEAL, RAISED, STAY, asked, planner, question, told, worked_out
from tests.integration.subsidy.town import REGION, SCOPES, Town, admission, institution, meal, senior
from tests.property.population import events

COST = ("today", "changed", "difference")


async def test_raising_the_first_band_costs_twenty_yuan_for_each_of_three(town: Town) -> None:
    ages = {79: 1947, 82: 1944, 85: 1941, 89: 1937, 92: 1934, 101: 1925}
    await town.hear(*(senior(born=date(year, 3, 5)) for year in ages.values()))
    result = await worked_out(town, values=[RAISED])
    total = result["total"]
    assert told(total, *COST) == ("580.00", "640.00", "60.00")
    assert told(total, "gaining", "gaining_sum", "unchanged", "losing", "newly", "no_longer") == (
        3,
        "60.00",
        2,
        0,
        0,
        0,
    )
    assert told(total, "paid_today", "paid_changed") == (5, 5)
    (cell,) = result["cells"]
    assert told(cell, "district", "district_name", "programme", "month") == ("321202000000", "海陵区", AGE, "2026-10")
    by_age = {(one["age_from"], one["age_to"]): told(one, *COST) for one in result["ages"]}
    assert by_age == {
        (80, 89): ("180.00", "240.00", "60.00"),
        (90, 99): ("100.00", "100.00", "0.00"),
        (100, None): ("300.00", "300.00", "0.00"),
    }
    assert result["reasons"] == result["silences"] == result["limits_ignored"] == []
    assert [law["side"] for law in result["laws"]] == ["today", "changed"]


async def test_a_lower_first_band_says_who_newly_qualifies_and_why(town: Town) -> None:
    await town.hear(senior(born=date(1950, 3, 5)), senior(born=date(1944, 3, 5)))
    bands = [{"at_least": 75, "at_most": 79, "value": "40"}, *RAISED["bands"]]
    result = await worked_out(town, values=[RAISED | {"bands": bands}])
    assert told(result["total"], *COST, "newly", "newly_sum") == ("60.00", "120.00", "60.00", 1, "40.00")
    (reason,) = result["reasons"]
    assert told(reason, "people", "difference") == (1, "40.00")
    assert (reason["today"]["reason"], reason["changed"]["outcome"]) == ("outside_bands", "paid")
    assert [(one["age_from"], one["newly"]) for one in result["ages"]] == [(75, 1), (80, 0)]


async def test_stays_and_meals_are_compared_by_level_and_by_age(town: Town) -> None:
    old, home, vendor = senior(), institution(), new_id()
    await town.hear(old, home, admission(old.senior_id, home.organization_id))
    await town.hear(*(meal(old.senior_id, vendor, date(2026, 10, day)) for day in (1, 2, 3)))
    dearer = [{"parameter": f"{MEAL}.amount", "value": "5"}]
    result = await worked_out(town, programmes=[STAY, MEAL], values=dearer)
    cells = {cell["programme"]: told(cell, *COST) for cell in result["cells"]}
    assert cells == {STAY: ("240.00", "240.00", "0.00"), MEAL: ("10.50", "15.00", "4.50")}
    levels = {one["programme"]: one["level"] for one in result["levels"]}
    assert levels == {STAY: "disabled", MEAL: None}
    assert {(one["programme"], one["age_from"]) for one in result["ages"]} == {(STAY, 80), (MEAL, 80)}


async def test_of_one_person_a_simulation_says_what_a_determination_says(town: Town) -> None:
    old, home, vendor = senior(), institution(), new_id()
    await town.hear(
        old, home, admission(old.senior_id, home.organization_id), meal(old.senior_id, vendor, date(2026, 10, 7))
    )
    result = await worked_out(town, programmes=None)
    cells = {cell["programme"]: cell["today"] for cell in result["cells"]}
    assert set(cells) >= {AGE, STAY, MEAL}
    for programme, amount in cells.items():
        body = {"programme": programme, "month": "2026-10", "senior_id": str(old.senior_id)}
        assert (await town.do("/v1/determinations", body))["amount"] == amount, programme


@pytest.mark.parametrize("seed", [11, 12])
async def test_without_a_change_nothing_differs_and_today_is_what_a_run_pays(town: Town, seed: int) -> None:
    await town.hear(*events(seed, 40))
    result = await worked_out(town, programmes=None)
    run = await town.run("2026-10", [AGE, STAY, MEAL])
    paid = {scope["programme"]: scope["amount"] for scope in run["scopes"] if scope["amount"] != "0.00"}
    assert {cell["programme"]: cell["today"] for cell in result["cells"] if cell["today"] != "0.00"} == paid
    assert len(paid) == 3
    for part in (*result["cells"], *result["ages"], *result["levels"], result["total"]):
        assert part["today"] == part["changed"], part
        assert told(part, "difference", "gaining", "losing", "newly", "no_longer") == ("0.00", 0, 0, 0, 0)
    assert result["reasons"] == []


async def test_who_moved_counts_where_the_household_lay_as_in_a_run(town: Town) -> None:
    before = {"region": "321202001000", "valid_from": "1990-01-01", "valid_to": "2026-10-09"}
    after = {"region": "321203001000", "valid_from": "2026-10-10"}
    await town.hear(senior(region="321203001000", residences=[before, after]), senior(region="321203001000"))
    result = await worked_out(town, values=[RAISED])
    assert told(result["total"], *COST) == ("60.00", "80.00", "20.00")
    assert {cell["district"] for cell in result["cells"]} == {"321202000000"}


async def test_several_months_and_a_value_that_begins_later(town: Town) -> None:
    await town.hear(senior())
    result = await worked_out(town, last_month="2026-12", values=[RAISED | {"since": "2026-12-01"}])
    assert {cell["month"]: told(cell, *COST) for cell in result["cells"]} == {
        "2026-10": ("60.00", "60.00", "0.00"),
        "2026-11": ("60.00", "60.00", "0.00"),
        "2026-12": ("60.00", "80.00", "20.00"),
    }


@pytest.mark.parametrize(
    ("budget", "costs"),
    [
        (
            {"amount": "70.00", "per": "month"},
            [("2026-10", "80.00", True, "10.00"), ("2026-11", "80.00", True, "10.00")],
        ),
        ({"amount": "160.00", "per": "total"}, [(None, "160.00", False, "0.00")]),
        ({"amount": "159.99"}, [(None, "160.00", True, "0.01")]),
    ],
)
async def test_a_budget_is_exceeded_or_kept_to_the_fen(town: Town, budget: dict[str, str], costs: list[Any]) -> None:
    await town.hear(senior())
    result = await worked_out(town, last_month="2026-11", values=[RAISED], budget=budget)
    found = [told(one, "month", "cost", "over", "over_by") for one in result["budget"]["costs"]]
    assert found == costs
    assert result["budget"]["over"] == any(cost[2] for cost in costs)


async def test_a_condition_switched_off_lets_strangers_in(town: Town) -> None:
    await town.hear(senior(), senior(residences=[{"region": "330102001000", "valid_from": "1990-01-01"}]))
    drop = [{"programme": AGE, "drop": "not_a_local"}]
    result = await worked_out(town, conditions=drop)
    assert told(result["total"], *COST, "newly") == ("60.00", "120.00", "60.00", 1)
    (reason,) = result["reasons"]
    assert reason["today"]["reason"] == "not_a_local"
    assert reason["today"]["text"]["zh"]


async def test_a_condition_added_shuts_people_out(town: Town) -> None:
    here = senior()
    stranger = senior(residences=[{"region": "330102001000", "valid_from": "1990-01-01"}])
    await town.hear(here, stranger)
    nobody = {"code": "not_from_elsewhere", "test": "is_false", "column": "household_here", "label_zh": "非本地户籍"}
    result = await worked_out(town, conditions=[{"programme": AGE, "add": nobody}])
    assert told(result["total"], *COST, "no_longer") == ("60.00", "0.00", "-60.00", 1)
    assert {one["changed"]["reason"] for one in result["reasons"]} == {"not_from_elsewhere"}


async def test_a_value_under_the_floor_is_refused_unless_the_question_says_otherwise(town: Town) -> None:
    await town.hear(senior())
    bands = [{"at_least": 80, "at_most": 89, "value": "49.99"}, *RAISED["bands"][1:]]
    low = question(values=[RAISED | {"bands": bands}])
    refused = await town.do("/v1/simulations", low, planner(town), 422)
    assert refused["type"].endswith("subsidy/change-refused")
    assert {(error["pointer"], error["code"]) for error in refused["errors"]} == {("/values/0/bands", "under_floor")}
    assert "50" in refused["errors"][0]["message"]
    result = await worked_out(town, values=low["values"], ignore_floors=True)
    assert told(result["total"], *COST) == ("60.00", "49.99", "-10.01")
    assert "49.99" in result["limits_ignored"][0]["en"]


@pytest.mark.parametrize(
    ("value", "key", "code"),
    [
        ({"parameter": "gold.amount", "value": "1"}, "/parameter", "unknown_parameter"),
        ({"parameter": f"{AGE}.amount", "value": "80"}, "/value", "value_kind"),
        ({"parameter": f"{MEAL}.amount", "value": "3.505"}, "/value", "too_many_places"),
        ({"parameter": f"{AGE}.death_month", "choice": "MAYBE"}, "/choice", "unknown_choice"),
        (RAISED | {"since": "2026-10-02"}, "/since", "inside_month"),
        (RAISED | {"bands": RAISED["bands"][::2]}, "/bands/1/at_least", "bands_gap"),
        ({"parameter": f"{AGE}.amount", "value": 80}, "/value", "string_type"),
        ({"parameter": f"{AGE}.amount", "value": "-80"}, "/value", "string_pattern_mismatch"),
        ({"parameter": f"{AGE}.amount"}, "", "value_error"),
    ],
)
async def test_a_value_that_cannot_be_is_refused_with_its_place(
    town: Town, value: dict[str, Any], key: str, code: str
) -> None:
    refused = await town.do("/v1/simulations", question(values=[value]), planner(town), 422)
    assert (f"/values/0{key}", code) in {(error["pointer"], error["code"]) for error in refused["errors"]}


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"conditions": [{"programme": AGE, "drop": "tall"}]}, "/conditions/0/drop", "condition"),
        ({"conditions": [{"programme": "gold", "drop": "tall"}]}, "/conditions/0/programme", "programme"),
        ({"conditions": [{"programme": AGE, "add": {"code": "tall"}}]}, "/conditions/0/add/code", "condition"),
        ({"programmes": ["gold"]}, "/programmes/0", "programme"),
        ({"draft": {"pack": "999999"}}, "/draft/pack", "pack"),
        ({"last_month": "2026-09"}, "", "value_error"),
        ({"last_month": "2028-10"}, "", "value_error"),
        ({"region": "110101000000"}, "", "outside-region"),
    ],
)
async def test_a_question_that_cannot_be_is_refused_with_its_place(
    town: Town, changes: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await planner(town).post("/v1/simulations", json=question(**changes))
    refused = answer.json()
    assert answer.status_code in {403, 422}
    found = {(error["pointer"], error["code"]) for error in refused.get("errors", [])}
    assert (pointer, code) in {*found, ("", refused["type"].rpartition("/")[2])}


async def test_nobody_sees_or_starts_simulations_of_another_district(town: Town) -> None:
    await town.hear(senior())
    simulation_id = await asked(town)
    other = planner(town, "subsidy.runs:read", regions=("321203",), subject="other")
    for path in ("", "/table.csv", "/chart.svg"):
        assert (await other.get(f"/v1/simulations/{simulation_id}{path}")).status_code == 404
    assert (await other.delete(f"/v1/simulations/{simulation_id}")).status_code == 404
    assert (await town.ask("/v1/simulations", other))["items"] == []
    for region in (REGION, "321200000000"):
        refused = await town.do("/v1/simulations", question(region=region), other, 403)
        assert refused["type"].endswith("subsidy/outside-region")
    reader = town.running.client(*SCOPES, subject="reader")
    assert (await reader.get(f"/v1/simulations/{simulation_id}")).status_code == 403
    assert [one["id"] for one in (await town.ask("/v1/simulations", planner(town)))["items"]] == [simulation_id]


async def test_a_citys_question_is_not_for_its_districts(town: Town) -> None:
    await town.hear(senior(), senior(region="321203001000"))
    city = planner(town, "subsidy.runs:read", regions=("3212",), subject="city")
    changes = {"region": "321200000000", "assume_effective": "2026-01-01", "values": [RAISED]}
    result = await worked_out(town, city, **changes)
    assert {cell["district"]: told(cell, *COST) for cell in result["cells"]} == {
        "321202000000": ("60.00", "80.00", "20.00"),
        "321203000000": ("0.00", "0.00", "0.00"),
    }
    silent = {(one["side"], *one["districts"]): one["why"]["outcome"] for one in result["silences"]}
    assert silent == {("today", "321203000000"): "not_configured", ("changed", "321203000000"): "not_configured"}
    assert (await town.ask("/v1/simulations", planner(town)))["items"] == []


async def test_nothing_is_written_where_money_is(town: Town) -> None:
    await town.hear(senior())
    await worked_out(town, draft={"pack": "110000"}, assume_effective="2026-01-01", programmes=None)
    async with town.database.transaction(Scope.everywhere()) as session:
        for table in ("lines", "runs", "run_scopes", "payment_batches", "recoveries", "packs", "run_inputs_age"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
