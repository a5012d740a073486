"""What the register or a verified record contradicts is held as far as it is disputed, and becomes a lead."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from shared.contracts.registry import OrganizationSnapshot
from shared.database import Scope
from tests.integration.subsidy.applying import BUILD, Office, beds
from tests.integration.subsidy.town import Town, institution, meal, reversal, senior

FIRM: dict[str, Any] = {
    "bed_type": "nursing", "approved_beds": 4, "tenure": "own", "opened_on": "2025-01-01", "graded": True,
    "mode": "private", "profit": "for_profit",
}  # fmt: skip


def registered(nursing: int, ordinary: int = 0, **more: Any) -> OrganizationSnapshot:
    return institution(beds={"nursing": nursing, "ordinary": ordinary}, **more)


async def found(office: Town, one: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    told = await office.ask(f"/v1/applications/{one['id']}/disputes")
    return sorted((each["name"], each["told"], each["known"]) for each in told)


async def leads(office: Town) -> list[dict[str, Any]]:
    """The events of disputes, in their order."""
    async with office.database.transaction(Scope.everywhere()) as session:
        rows = await session.execute(text("SELECT data FROM outbox WHERE type LIKE '%disputed%' ORDER BY position"))
        return [json.loads(row) for row in rows.scalars()]


async def test_sixty_beds_of_a_home_with_twenty_pay_for_twenty_and_are_a_lead(office: Office) -> None:
    home = registered(20)
    await office.hear(home)
    one = await office.accepted(BUILD, beds(60), organization_id=home.organization_id)
    assert await found(office, one) == [("approved_beds", 60, 20)]
    run = await office.approved("2026-10", [BUILD])
    assert [line["amount"] for line in await office.lines(run["id"])] == ["200000.00"]
    told = await office.ask(f"/v1/runs/{run['id']}")
    notices = [notice for notice in told["notices"] if notice["kind"] == "disputed"]
    assert [(notice["reason"], notice["subjects"]) for notice in notices] == [("register_contradicts", 1)]
    (lead,) = await leads(office)
    assert (lead["application_id"], lead["columns"]) == (one["id"], ["approved_beds"])


async def test_what_the_register_says_later_settles_the_rest_and_takes_nothing_back(office: Office) -> None:
    home = registered(20)
    await office.hear(home)
    await office.accepted(BUILD, beds(60), organization_id=home.organization_id)
    await office.settled("2026-10", BUILD)
    sold = registered(10, organization_id=home.organization_id, version=2)
    await office.hear(sold)
    assert [line for line in await office.settled("2026-11", BUILD) if line["month"] == "2026-10"] == []
    grown = registered(60, organization_id=home.organization_id, version=3)
    await office.hear(grown)
    again = await office.settled("2026-11", BUILD)
    later = [line for line in again if line["month"] == "2026-10"]
    assert [(line["kind"], line["amount"]) for line in later] == [("arrears", "400000.00")]


async def test_rows_within_the_register_are_paid_beside_one_that_is_not(office: Office) -> None:
    home = registered(20, 10)
    await office.hear(home)
    one = await office.accepted(BUILD, beds(20), beds(30, "ordinary"), organization_id=home.organization_id)
    assert await found(office, one) == [("approved_beds", 30, 10)]
    assert [line["amount"] for line in await office.settled("2026-10", BUILD)] == ["250000.00"]


@pytest.mark.parametrize(
    ("known", "disputed"),
    [
        ({"grades": []}, {"graded"}),
        ({"operation_modes": [{"mode": "public", "valid_from": "2020-01-01"}]}, {"mode"}),
        ({"profit": "non_profit"}, {"profit"}),
        ({"beds": {"nursing": 3, "ordinary": 9}}, {"approved_beds"}),
        ({}, set()),
    ],
)
async def test_another_grade_mode_owner_or_number_is_found(
    town: Town, known: dict[str, Any], disputed: set[str]
) -> None:
    home = institution(**known)
    await town.hear(home)
    body = {
        "programme": BUILD, "first_month": "2026-10", "rows": [FIRM], "organization_id": str(home.organization_id)
    }  # fmt: skip
    one = await town.do("/v1/applications", body, status=201)
    answer = await town.second.post(f"/v1/applications/{one['id']}/accept", headers={"if-match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert {name for name, _, _ in await found(town, one)} == disputed
    (line,) = await town.lines((await town.run("2026-10", [BUILD]))["id"])
    assert (line["outcome"] == "held") == bool(disputed - {"approved_beds"}), line


@pytest.mark.parametrize(("typed", "verified", "disputed"), [(1000, 0, True), (1000, 400, True), (400, 400, False)])
async def test_meals_that_nobody_verified_do_not_count(
    town: Town,
    typed: int,
    verified: int,
    disputed: bool,  # a case
) -> None:
    canteen, old = institution(kind="meal_vendor"), senior()
    served = [
        meal(old.senior_id, canteen.organization_id, date(2026, 10, 1 + number % 31), meals=20)
        for number in range(verified // 20)
    ]
    taken_back = meal(old.senior_id, canteen.organization_id, date(2026, 10, 5), meals=20)
    await town.hear(canteen, old, *served, taken_back, reversal(taken_back))
    body = {
        "programme": "meal_operating_subsidy", "first_month": "2026-10",
        "rows": [{"verified_meals": typed, "organisation": "caterer"}], "organization_id": str(canteen.organization_id),
    }  # fmt: skip
    one = await town.do("/v1/applications", body, status=201)
    answer = await town.second.post(f"/v1/applications/{one['id']}/accept", headers={"if-match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert await found(town, one) == ([("verified_meals", typed, verified)] if disputed else [])
    (line,) = await town.lines((await town.run("2026-10", ["meal_operating_subsidy"]))["id"])
    assert (line["outcome"], line["amount"]) == (("paid", "1000.00") if verified else ("held", "0.00"))
