"""What is learned after a month was decided: back-pay and recovery lines that name what they correct."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from shared.ids import new_id
from tests.integration.subsidy.beside import decided
from tests.integration.subsidy.town import Town, admission, delisted, institution, listed, meal, reversal, senior
from tests.support.services import ServiceFactory

AGE, STAY, MEAL = "longevity_allowance", "operating_subsidy", "meal_subsidy"


async def test_a_death_reported_late_is_recovered_and_names_the_line(town: Town) -> None:
    old = senior()
    await town.hear(old)
    october = await town.approved("2026-10", [AGE])
    (paid,) = await town.lines(october["id"])
    late: dict[str, Any] = {"died_on": date(2026, 9, 3), "death_reported_on": date(2026, 11, 20)}
    await town.hear(senior(old.senior_id, version=2, **late))
    november = await town.run("2026-11", [AGE])
    (recovery,) = await town.lines(november["id"])
    assert (recovery["kind"], recovery["month"], recovery["amount"]) == ("recovery", "2026-10", "-60.00")
    assert recovery["corrects_line_id"] == paid["id"]
    assert recovery["reason"] == "died_before_month"
    told = await town.ask(f"/v1/lines/{recovery['id']}/explanation")
    assert told["decided_before"] == "60.00"
    assert "追缴" in told["text"]
    proof = await town.do(f"/v1/lines/{recovery['id']}/proof")
    assert (proof["equal"], proof["recomputed"]) == (True, "-60.00")


async def test_a_recovery_is_opened_when_its_run_is_approved_and_only_then(town: Town) -> None:
    old = senior()
    await town.hear(old)
    october = await town.approved("2026-10", [AGE])
    await town.batch(october["id"])
    await town.hear(senior(old.senior_id, version=2, died_on=date(2026, 9, 3), death_reported_on=date(2026, 11, 20)))
    november = await town.run("2026-11", [AGE])
    assert (await town.ask("/v1/recoveries"))["items"] == []
    await town.do(f"/v1/runs/{november['id']}/submit")
    await town.do(f"/v1/runs/{november['id']}/approve", {}, town.second)
    (recovery,) = (await town.ask("/v1/recoveries"))["items"]
    assert (recovery["amount"], recovery["balance"], recovery["month"]) == ("60.00", "60.00", "2026-10")


async def test_what_never_went_to_the_bank_is_taken_off_instead_of_claimed_back(town: Town) -> None:
    old, other = senior(), senior()
    await town.hear(old, other)
    october = await town.approved("2026-10", [AGE])
    await town.hear(senior(old.senior_id, version=2, died_on=date(2026, 9, 3), death_reported_on=date(2026, 11, 20)))
    await town.approved("2026-11", [AGE])
    (recovery,) = (await town.ask("/v1/recoveries"))["items"]
    assert (recovery["amount"], recovery["balance"]) == ("60.00", "0.00")
    batch = await town.batch(october["id"])
    assert (batch["rows"], batch["amount"]) == (1, "60.00")


async def test_a_senior_registered_late_gets_the_months_before_as_arrears(town: Town) -> None:
    await town.hear(senior())
    await town.approved("2026-10", [AGE])
    late = senior(registered_on=date(2026, 11, 2))
    await town.hear(late)
    november = await town.run("2026-11", [AGE])
    lines = await town.lines(november["id"], senior_id=str(late.senior_id))
    assert [(line["month"], line["kind"], line["amount"]) for line in lines] == [
        ("2026-11", "regular", "60.00"),
        ("2026-10", "arrears", "60.00"),
    ]


async def test_a_limit_of_arrears_is_for_those_who_registered_late_and_for_no_other_cause(
    start_service: ServiceFactory, tmp_path: Path
) -> None:
    """The law limits how many months before a late registration are paid: not what was on hold meanwhile, or was taken
    for a death that proved wrong."""
    own = decided(tmp_path, None)
    file = own / "override.yaml"
    law = file.read_text(encoding="utf-8")
    limit = law.index("parameter: longevity_allowance.arrears_months")
    file.write_text(law[:limit] + law[limit:].replace("value: 12", "value: 2", 1), encoding="utf-8")
    town = Town(await start_service("subsidy", roles="api", policy_overrides=str(own)))
    held, dead = senior(), senior(died_on=date(2026, 5, 20))
    await town.hear(held, dead)
    body = {"subject_kind": "senior", "subject_id": str(held.senior_id), "reason": "核实中"}
    hold = await town.do("/v1/holds", body, status=201)
    await town.approved("2026-06", [AGE])
    await town.do(f"/v1/holds/{hold['id']}/lift", {"reason": "核实无误"})
    late = senior(registered_on=date(2026, 11, 2))
    await town.hear(late, senior(dead.senior_id, version=2))
    november = await town.run("2026-11", [AGE])
    june = [line for line in await town.lines(november["id"]) if line["month"] == "2026-06"]
    assert {line["beneficiary_id"] for line in june} == {str(held.senior_id), str(dead.senior_id)}
    assert [(line["kind"], line["amount"]) for line in june] == [("arrears", "60.00")] * 2


async def test_a_meal_reversed_after_payment_is_recovered_from_the_vendor(town: Town) -> None:
    old, vendor = senior(), new_id()
    meals = [meal(old.senior_id, vendor, date(2026, 10, day)) for day in (1, 2)]
    await town.hear(old, *meals)
    await town.approved("2026-10", [MEAL])
    await town.hear(reversal(meals[0]))
    november = await town.run("2026-11", [MEAL])
    (line,) = await town.lines(november["id"])
    assert (line["kind"], line["amount"], line["beneficiary_id"]) == ("recovery", "-3.50", str(vendor))
    assert (await town.do(f"/v1/lines/{line['id']}/proof"))["equal"]


async def test_a_meal_verified_late_is_paid_as_arrears(town: Town) -> None:
    old, vendor = senior(), new_id()
    await town.hear(old, meal(old.senior_id, vendor, date(2026, 10, 1)))
    await town.approved("2026-10", [MEAL])
    await town.hear(meal(old.senior_id, vendor, date(2026, 10, 9), meals=2))
    november = await town.run("2026-11", [MEAL])
    (line,) = await town.lines(november["id"])
    assert (line["kind"], line["month"], line["amount"]) == ("arrears", "2026-10", "7.00")


async def test_a_listing_told_late_recovers_the_days_after_it(town: Town) -> None:
    old, home = senior(), institution()
    await town.hear(old, home, admission(old.senior_id, home.organization_id))
    await town.approved("2026-10", [STAY])
    decision = listed(home.organization_id, date(2026, 10, 16))
    await town.hear(decision)
    november = await town.approved("2026-11", [STAY])
    october_line = next(line for line in await town.lines(november["id"]) if line["month"] == "2026-10")
    assert (october_line["kind"], october_line["amount"]) == ("recovery", "-123.87")
    await town.hear(delisted(decision, date(2026, 10, 16)))
    more = await town.run("2026-11", [STAY])
    amounts = {line["month"]: line["amount"] for line in await town.lines(more["id"])}
    assert amounts == {"2026-10": "123.87", "2026-11": "240.00"}


async def test_a_discharge_told_late_recovers_the_days_not_lived_there(town: Town) -> None:
    old, home = senior(), institution()
    stay = admission(old.senior_id, home.organization_id)
    await town.hear(old, home, stay)
    await town.approved("2026-10", [STAY])
    gone: dict[str, Any] = {"admission_id": stay.admission_id, "version": 2, "discharged_on": date(2026, 9, 30)}
    await town.hear(admission(old.senior_id, home.organization_id, **gone))
    november = await town.run("2026-11", [STAY])
    (line,) = await town.lines(november["id"])
    assert (line["kind"], line["amount"], line["reason"]) == ("recovery", "-240.00", "facts_withdrawn")
    told = await town.ask(f"/v1/lines/{line['id']}/explanation")
    assert told["trace"] is None
    assert (await town.do(f"/v1/lines/{line['id']}/proof"))["equal"]


async def test_nothing_new_gives_no_correction_however_often_one_looks_back(town: Town) -> None:
    old = senior()
    await town.hear(old)
    await town.approved("2026-10", [AGE])
    await town.hear(senior(old.senior_id, version=2, died_on=date(2026, 9, 3), death_reported_on=date(2026, 11, 20)))
    await town.approved("2026-11", [AGE])
    again = await town.run("2026-11", [AGE])
    assert await town.lines(again["id"]) == []


async def test_a_rejected_look_back_is_made_again(town: Town) -> None:
    old = senior()
    await town.hear(old)
    await town.approved("2026-10", [AGE])
    await town.hear(senior(old.senior_id, version=2, died_on=date(2026, 9, 3), death_reported_on=date(2026, 11, 20)))
    refused = await town.run("2026-11", [AGE])
    await town.do(f"/v1/runs/{refused['id']}/submit")
    await town.do(f"/v1/runs/{refused['id']}/reject", {"reason": "再核"}, town.second)
    again = await town.run("2026-11", [AGE])
    assert [line["amount"] for line in await town.lines(again["id"])] == ["-60.00"]


async def test_a_hold_claims_nothing_back(town: Town) -> None:
    old = senior()
    await town.hear(old)
    await town.approved("2026-10", [AGE])
    body = {"subject_kind": "senior", "subject_id": str(old.senior_id), "reason": "核实"}
    await town.do("/v1/holds", body, status=201)
    november = await town.run("2026-11", [AGE])
    assert [(line["month"], line["outcome"], line["amount"]) for line in await town.lines(november["id"])] == [
        ("2026-11", "held", "0.00")
    ]


async def test_two_open_runs_never_correct_the_same_month_twice(town: Town) -> None:
    old = senior()
    await town.hear(old)
    await town.approved("2026-09", [AGE])
    await town.hear(senior(old.senior_id, version=2, died_on=date(2026, 8, 3), death_reported_on=date(2026, 11, 20)))
    october = await town.run("2026-10", [AGE])
    november = await town.run("2026-11", [AGE])
    corrections = [*await town.lines(october["id"]), *await town.lines(november["id"])]
    assert [(line["month"], line["amount"]) for line in corrections] == [("2026-09", "-60.00")]
