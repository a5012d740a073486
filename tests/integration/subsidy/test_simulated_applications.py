"""What a changed law would cost where people apply: accepted applications are facts like the register's."""

from __future__ import annotations

from typing import Any

from tests.integration.subsidy.applying import BUILD, NURSING, WORKER, Office, beds, worker
from tests.integration.subsidy.simulating import told, worked_out
from tests.integration.subsidy.town import institution, senior

COST = ("today", "changed", "difference")


async def test_a_dearer_level_costs_more_for_those_who_have_it(office: Office) -> None:
    first, second, third = senior(), senior(), senior()
    await office.hear(first, second, third)
    await office.accepted(NURSING, {"assessed_level": 3}, senior_id=first.senior_id)
    await office.accepted(NURSING, {"care_level": "semi_disabled"}, senior_id=second.senior_id)
    await office.apply(NURSING, {"assessed_level": 4}, senior_id=third.senior_id)
    table = {"disabled": "400", "semi_disabled": "100"}
    values = [{"parameter": f"{NURSING}.amount", "table": table}]
    result = await worked_out(office, programmes=[NURSING], values=values, ignore_floors=True)
    assert told(result["total"], *COST, "gaining", "unchanged") == ("400.00", "500.00", "100.00", 1, 1)
    assert {one["level"]: told(one, *COST) for one in result["levels"]} == {
        "disabled": ("300.00", "400.00", "100.00"),
        "semi_disabled": ("100.00", "100.00", "0.00"),
    }
    assert {(one["age_from"], one["age_to"]) for one in result["ages"]} == {(80, 89)}
    assert result["limits_ignored"]


async def test_workers_count_one_by_one_and_newly_qualify(office: Office) -> None:
    home = institution()
    await office.hear(home, *map(worker, (1, 2, 3)))
    for number, since in {1: "2022-03-01", 2: "2025-03-01", 3: "2026-09-01"}.items():
        key = worker(number).worker_key
        who: dict[str, Any] = {"organization_id": home.organization_id, "worker_key": key}
        await office.accepted(WORKER, {"employed_since": since}, **who)
    values = [{"parameter": f"{WORKER}.years", "value": "1"}]
    result = await worked_out(office, programmes=[WORKER], values=values, ignore_floors=True)
    assert told(result["total"], *COST) == ("3000.00", "6000.00", "3000.00")
    assert told(result["total"], "paid_today", "newly", "newly_sum") == (1, 1, "3000.00")
    assert [one["today"]["reason"] for one in result["reasons"]] == ["too_short"]


async def test_what_was_paid_before_is_paid_in_no_simulation_of_a_later_month(office: Office) -> None:
    home = institution()
    await office.hear(home)
    await office.accepted(BUILD, beds(40), first_month="2026-09", organization_id=home.organization_id)
    await office.settled("2026-09", BUILD)
    await office.accepted(BUILD, beds(50), organization_id=home.organization_id)
    result = await worked_out(office, programmes=[BUILD])
    asked = {"programme": BUILD, "month": "2026-10", "institution_id": str(home.organization_id)}
    assert (await office.do("/v1/determinations", asked))["amount"] == result["total"]["today"] == "100000.00"
    assert result["total"]["paid_today"] == 1


async def test_all_programmes_at_once_cost_what_each_is_determined_at(office: Office) -> None:
    old, home = senior(), institution()
    await office.hear(old, home)
    await office.accepted(NURSING, {"assessed_level": 3}, senior_id=old.senior_id)
    await office.accepted(BUILD, beds(3), organization_id=home.organization_id)
    result = await worked_out(office, programmes=None)
    costs = {cell["programme"]: cell["today"] for cell in result["cells"] if cell["today"] != "0.00"}
    assert costs == {NURSING: "300.00", BUILD: "30000.00"}
    assert len(result["cells"]) == 8
    assert result["total"]["difference"] == "0.00"
