"""Several benefits of one senior in one month on a real database: in one run, across two, and on looking back."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.subsidy import packs as packs_of
from services.subsidy.runs.calculation import calculate_run
from shared.database import Scope
from shared.ids import new_id
from tests.integration.subsidy.beside import AGE, COUNTED, EXCLUDED, MEAL, PAIR, UNDECIDED, Open, decide, decided, meals
from tests.integration.subsidy.town import REGION, Town, reversal, senior
from tests.support.services import ServiceFactory


async def told(town: Town, run: dict[str, Any]) -> dict[str, tuple[str, str, str | None]]:
    """Amount, outcome and reason by programme; what the run says of itself agrees with its lines."""
    lines = await town.lines(run["id"])
    detail = await town.ask(f"/v1/runs/{run['id']}")
    for scope in detail["scopes"]:
        own = [one for one in lines if (one["programme"], one["month"]) == (scope["programme"], scope["month"])]
        assert sum(float(one["amount"]) for one in own) == float(scope["amount"])
        assert scope["inputs"] == scope["outside"] + scope["paid"] + scope["refused"] + scope["held"]
        if scope["regular"]:
            counts = [sum(one["outcome"] == name for one in own) for name in ("paid", "held", "not_eligible")]
            assert [scope["paid"], scope["held"], scope["refused"]] == counts
    assert sum(one["subjects"] for one in detail["notices"] if one["outcome"] != "outside") == len(lines)
    assert sum(float(one["amount"]) for one in detail["notices"]) == sum(float(one["amount"]) for one in lines)
    for line in lines:
        proof = await town.do(f"/v1/lines/{line['id']}/proof")
        assert (proof["equal"], proof["recomputed"]) == (True, line["amount"]), line
    return {one["programme"]: (one["amount"], one["outcome"], one["reason"]) for one in lines}


@pytest.mark.parametrize(
    ("choice", "age", "food"),
    [
        ("ADD", ("60.00", "paid", None), ("14.00", "paid", None)),
        ("EXCLUDE", ("60.00", "paid", None), ("0.00", "not_eligible", EXCLUDED)),
        ("HIGHER_OF", ("60.00", "paid", None), ("0.00", "not_eligible", EXCLUDED)),
        ("COUNT_AGAINST", ("46.00", "paid", COUNTED), ("14.00", "paid", None)),
        (None, ("0.00", "held", UNDECIDED), ("0.00", "held", UNDECIDED)),
    ],
)
async def test_each_relation_in_one_run(open_town: Open, choice: str | None, age: Any, food: Any) -> None:
    town, old, alone = await open_town(choice), senior(), senior()
    await town.hear(old, alone, *meals(old, new_id(), 2))
    run = await town.run("2026-10", [AGE, MEAL])
    await told(town, run)
    lines = {line["programme"]: line for line in await town.lines(run["id"], senior_id=str(old.senior_id))}
    assert {code: (one["amount"], one["outcome"], one["reason"]) for code, one in lines.items()} == {
        AGE: age,
        MEAL: food,
    }
    (other,) = await town.lines(run["id"], senior_id=str(alone.senior_id))
    assert (other["amount"], other["stacking"]) == ("60.00", None)
    for code, line in lines.items():
        if line["reason"]:
            against = {"other": MEAL if code == AGE else AGE, "rule": PAIR, "relation": choice}
            assert {name: line["stacking"][name] for name in against} == against


@pytest.mark.parametrize(
    ("choice", "days", "food"),
    [
        ("ADD", 10, ("70.00", "paid", None)),
        ("EXCLUDE", 2, ("0.00", "not_eligible", EXCLUDED)),
        ("EXCLUDE", 10, ("10.00", "paid", EXCLUDED)),
        ("HIGHER_OF", 10, ("10.00", "paid", EXCLUDED)),
        ("COUNT_AGAINST", 2, ("0.00", "not_eligible", COUNTED)),
        (None, 2, ("0.00", "held", UNDECIDED)),
    ],
)
async def test_each_relation_across_two_runs_where_the_later_line_bears_it(
    open_town: Open, choice: str | None, days: int, food: Any
) -> None:
    town, old = await open_town(choice), senior()
    await town.hear(old, *meals(old, new_id(), days))
    first = await town.approved("2026-10", [AGE])
    assert await told(town, first) == {AGE: ("60.00", "paid", None)}
    second = await town.run("2026-10", [MEAL])
    assert await told(town, second) == {MEAL: food}
    assert await told(town, first) == {AGE: ("60.00", "paid", None)}


async def test_two_vendors_share_what_is_left_in_the_order_of_their_lines(open_town: Open) -> None:
    town, old = await open_town("EXCLUDE"), senior()
    await town.hear(old, *meals(old, new_id(), 8), *meals(old, new_id(), 5, first=11))
    await town.approved("2026-10", [AGE])
    run = await town.run("2026-10", [MEAL])
    await told(town, run)
    lines = await town.lines(run["id"])
    assert sum(float(line["amount"]) for line in lines) == 31.0
    assert {line["reason"] for line in lines} <= {EXCLUDED, None}


async def test_the_explanation_names_the_other_benefit_and_the_sentence_of_the_rule(open_town: Open) -> None:
    town, old = await open_town("EXCLUDE"), senior()
    await town.hear(old, *meals(old, new_id(), 2))
    run = await town.run("2026-10", [AGE, MEAL])
    (line,) = await town.lines(run["id"], programme=MEAL)
    words = await town.ask(f"/v1/lines/{line['id']}/explanation")
    sentence = ("样例第二十一条", "尊老金与其他各项可以同时享受", "2026年1月1日")
    for part in ("单独计算是14.00元", "尊老金", "60.00元", "不得同时享受", *sentence):
        assert part in words["text"], words["text"]
    answer = await town.clerk.get(f"/v1/lines/{line['id']}/explanation", headers={"accept-language": "en"})
    assert "alone would be 14.00 yuan" in answer.json()["text"], answer.text
    assert "one excludes the other" in answer.json()["text"]


async def test_the_explanation_of_an_undecided_pair_says_what_is_missing_and_who_decides(open_town: Open) -> None:
    town, old = await open_town(None), senior()
    await town.hear(old, *meals(old, new_id(), 2))
    run = await town.run("2026-10", [AGE, MEAL])
    (line,) = await town.lines(run["id"], programme=AGE)
    words = await town.ask(f"/v1/lines/{line['id']}/explanation")
    for part in ("同一个月能否同时享受", "民政部门会同财政部门", "二(六)", "完善养老服务补贴政策"):
        assert part in words["text"], words["text"]
    answer = await town.clerk.get(f"/v1/lines/{line['id']}/explanation", headers={"accept-language": "en"})
    assert "to be decided by the district's civil affairs and finance bureaus" in answer.json()["text"]


async def test_a_crash_before_the_last_step_leaves_nothing_half_done(
    open_town: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, old = await open_town("EXCLUDE"), senior()
    await town.hear(old, *meals(old, new_id(), 2))
    made = await town.do("/v1/runs", {"month": "2026-10", "region": REGION, "programmes": [AGE, MEAL]}, status=202)

    async def crash(*_: object) -> None:
        raise OSError("the machine went away")

    with monkeypatch.context() as broken:
        broken.setattr("services.subsidy.runs.benefits.count_again", crash)
        with pytest.raises(OSError, match="went away"):
            await calculate_run(town.running.kernel, {"run_id": made["id"]})
    assert {line["amount"] for line in await town.lines(made["id"])} == {"60.00", "14.00"}
    await calculate_run(town.running.kernel, {"run_id": made["id"]})
    await calculate_run(town.running.kernel, {"run_id": made["id"]})
    assert await told(town, made) == {AGE: ("60.00", "paid", None), MEAL: ("0.00", "not_eligible", EXCLUDED)}


async def test_a_closed_run_is_not_rewritten(open_town: Open) -> None:
    town, old = await open_town("ADD"), senior()
    await town.hear(old)
    run = await town.run("2026-10", [AGE])
    (line,) = await town.lines(run["id"])
    with pytest.raises(DBAPIError, match="is not being calculated"):
        async with town.database.transaction(Scope.everywhere()) as session:
            await session.execute(
                text(
                    "SELECT combine_lines(:run, '2026-10-01', ARRAY[CAST(:line AS uuid)], ARRAY[0::bigint],"
                    " ARRAY['held'], ARRAY['x'], ARRAY['{}'::jsonb], '{}')"
                ),
                {"run": UUID(run["id"]), "line": UUID(line["id"])},
            )


async def test_a_decision_taken_later_pays_what_was_held(open_town: Open, tmp_path: Path) -> None:
    town, old = await open_town(None), senior()
    await town.hear(old, *meals(old, new_id(), 2, 9))
    await town.approved("2026-09", [AGE, MEAL])
    again = await town.approved("2026-10", [AGE, MEAL])
    assert [one["month"] for one in await town.lines(again["id"])] == ["2026-10"]
    decide(tmp_path / "321202", "EXCLUDE")
    await _read_again(town)
    last = await town.run("2026-11", [AGE, MEAL])
    lines = [one for one in await town.lines(last["id"]) if one["month"] == "2026-09"]
    assert {(one["programme"], one["kind"], one["amount"], one["reason"]) for one in lines} == {
        (AGE, "arrears", "60.00", "facts_changed"),
        (MEAL, "arrears", "0.00", EXCLUDED),
    }
    await told(town, last)


async def _read_again(town: Town) -> None:
    """Wait until the service has seen the changed file."""
    for _ in range(600):
        pack = packs_of.packs(town.running.kernel.settings).for_region("321202")
        if pack.relation(AGE, MEAL, date(2026, 10, 1)):
            return
        await asyncio.sleep(0.05)
    raise AssertionError


async def test_what_another_benefit_loses_later_gives_back_what_was_counted(open_town: Open) -> None:
    town, old, vendor = await open_town("COUNT_AGAINST"), senior(), new_id()
    eaten = meals(old, vendor, 2, 9)
    await town.hear(old, *eaten)
    await town.approved("2026-09", [AGE, MEAL])
    await town.hear(reversal(eaten[0]))
    later = await town.approved("2026-10", [AGE, MEAL])
    september = {one["programme"]: one for one in await town.lines(later["id"]) if one["month"] == "2026-09"}
    assert (september[MEAL]["kind"], september[MEAL]["amount"]) == ("recovery", "-7.00")
    assert (september[AGE]["kind"], september[AGE]["amount"], september[AGE]["reason"]) == ("arrears", "7.00", COUNTED)
    await told(town, later)
    last = await town.run("2026-11", [AGE, MEAL])
    assert [one["month"] for one in await town.lines(last["id"])] == ["2026-11"]


async def test_one_of_an_undecided_pair_is_not_paid_by_a_run_of_its_own(open_town: Open) -> None:
    town, old = await open_town(None), senior()
    await town.hear(old, *meals(old, new_id(), 2))
    await town.approved("2026-10", [AGE, MEAL])
    november = await town.run("2026-11", [AGE])
    assert [one["month"] for one in await town.lines(november["id"])] == ["2026-11"]
    await told(town, november)


async def test_two_districts_pay_by_their_own_decision(start_service: ServiceFactory, tmp_path: Path) -> None:
    here = decided(tmp_path, "EXCLUDE")
    there = decided(tmp_path / "there", "ADD")
    law = (there / "override.yaml").read_text(encoding="utf-8")
    (there / "override.yaml").write_text(law.replace('region: "321202"', 'region: "321203"', 1), encoding="utf-8")
    town = Town(await start_service("subsidy", roles="api", policy_overrides=f"{here}:{there}"))
    street = "321203001000"
    mine = senior()
    theirs = senior(region=street, residences=[{"region": street, "valid_from": "1990-01-01"}])
    await town.hear(mine, theirs, *meals(mine, new_id(), 2), *meals(theirs, new_id(), 2))
    city = town.running.client(*_scopes(), regions=("3212",), subject="city")
    made = await town.do(
        "/v1/runs", {"month": "2026-10", "region": "321200000000", "programmes": [AGE, MEAL]}, city, 202
    )
    await calculate_run(town.running.kernel, {"run_id": made["id"]})
    page = (await town.ask(f"/v1/runs/{made['id']}/lines", city))["items"]
    found = {(one["senior_id"], one["programme"]): (one["amount"], one["reason"]) for one in page}
    assert found[str(mine.senior_id), AGE] == ("60.00", None)
    assert found[str(mine.senior_id), MEAL] == ("0.00", EXCLUDED)
    assert found[str(theirs.senior_id), AGE] == ("60.00", None)
    assert found[str(theirs.senior_id), MEAL] == ("14.00", None)


def _scopes() -> tuple[str, ...]:
    return ("subsidy.runs:read", "subsidy.runs:write", "subsidy.determinations:read")


async def test_nothing_is_read_where_every_pair_is_added(open_town: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    town, old = await open_town("ADD"), senior()
    await town.hear(old, *meals(old, new_id(), 2))

    async def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("services.subsidy.runs.benefits.of_seniors", never)
    run = await town.run("2026-10", [AGE, MEAL])
    assert await told(town, run) == {AGE: ("60.00", "paid", None), MEAL: ("14.00", "paid", None)}
