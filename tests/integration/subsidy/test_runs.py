"""A monthly run on a real database: who is paid, who is not and why, and who may decide."""

from __future__ import annotations

import asyncio
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.subsidy.handlers import HANDLERS
from services.subsidy.runs.calculation import calculate_run
from shared.contracts.base import Received
from shared.contracts.registry import SeniorSnapshot
from shared.database import Scope
from shared.ids import new_id
from tests.integration.subsidy.town import RECORDED, REGION, SCOPES, Town, admission, institution, listed, meal, senior

AGE, STAY, MEAL = "longevity_allowance", "operating_subsidy", "meal_subsidy"


async def test_a_run_pays_by_age_by_care_level_and_by_meal(town: Town) -> None:
    old, home, vendor = senior(), institution(), new_id()
    await town.hear(old, home, admission(old.senior_id, home.organization_id))
    await town.hear(*(meal(old.senior_id, vendor, date(2026, 10, day)) for day in (1, 2, 3)))
    run = await town.run("2026-10")
    lines = {line["programme"]: line for line in await town.lines(run["id"])}
    assert {code: (line["amount"], line["outcome"]) for code, line in lines.items()} == {
        AGE: ("60.00", "paid"),
        STAY: ("240.00", "paid"),
        MEAL: ("10.50", "paid"),
    }
    assert lines[STAY]["beneficiary_id"] == str(home.organization_id)
    assert lines[MEAL]["beneficiary_id"] == str(vendor)
    assert lines[AGE]["beneficiary_id"] == lines[AGE]["senior_id"] == str(old.senior_id)


async def test_every_input_ends_in_exactly_one_control_total(town: Town) -> None:
    young, old, held = senior(born=date(1960, 1, 1)), senior(), senior()
    stranger = senior(residences=[{"region": "330102001000", "valid_from": "1990-01-01"}])
    await town.hear(young, old, held, stranger)
    await town.do(
        "/v1/holds", {"subject_kind": "senior", "subject_id": str(held.senior_id), "reason": "核实"}, status=201
    )
    run = await town.run("2026-10", [AGE])
    (scope,) = run["scopes"]
    assert (scope["inputs"], scope["outside"], scope["paid"], scope["refused"], scope["held"]) == (4, 1, 1, 1, 1)
    assert scope["amount"] == "60.00"
    assert len(scope["input_hash"]) == 64
    everybody_of_age = {str(who.senior_id) for who in (old, held, stranger)}
    assert {line["senior_id"] for line in await town.lines(run["id"])} == everybody_of_age


async def test_an_institution_listed_in_mid_month_is_paid_up_to_the_day_before(town: Town) -> None:
    old, home = senior(), institution()
    await town.hear(
        old, home, admission(old.senior_id, home.organization_id), listed(home.organization_id, date(2026, 10, 16))
    )
    run = await town.run("2026-10", [STAY])
    (line,) = await town.lines(run["id"])
    assert (line["amount"], line["outcome"], line["reason"]) == ("116.13", "paid", "listed")
    told = await town.ask(f"/v1/lines/{line['id']}/explanation")
    assert told["listings"][0]["document_no"] == "民信〔2026〕1号"
    assert told["trace"]["amount"] == "116.13"


async def test_only_a_second_person_may_approve(town: Town) -> None:
    await town.hear(senior())
    run = await town.run("2026-10")
    await town.do(f"/v1/runs/{run['id']}/submit")
    refused = await town.do(f"/v1/runs/{run['id']}/approve", {}, town.clerk, 409)
    assert refused["type"].endswith("subsidy/second-person-needed")
    approved = await town.do(f"/v1/runs/{run['id']}/approve", {}, town.second)
    assert (approved["state"], approved["decided_by"]) == ("approved", "second")


async def test_whoever_submitted_it_may_not_approve_it_either(town: Town) -> None:
    await town.hear(senior())
    run = await town.run("2026-10")
    await town.do(f"/v1/runs/{run['id']}/submit", client=town.second)
    await town.do(f"/v1/runs/{run['id']}/approve", {}, town.second, 409)


async def test_the_database_itself_refuses_an_author_who_approves(town: Town) -> None:
    run = await town.run("2026-10")
    with pytest.raises(IntegrityError, match="four_eyes"):
        async with town.database.transaction(Scope.everywhere()) as session:
            await session.execute(
                text("UPDATE runs SET decided_by = created_by WHERE id = :id"), {"id": UUID(run["id"])}
            )


async def test_of_two_simultaneous_approvals_one_wins(town: Town) -> None:
    await town.hear(senior())
    run = await town.run("2026-10")
    await town.do(f"/v1/runs/{run['id']}/submit")
    third = town.running.client(*SCOPES, subject="third")
    path = f"/v1/runs/{run['id']}/approve"
    answers = await asyncio.gather(*(client.post(path, json={}) for client in (town.second, third)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_of_two_simultaneous_openings_one_wins(town: Town) -> None:
    body = {"month": "2026-10", "region": REGION}
    answers = await asyncio.gather(*(town.clerk.post("/v1/runs", json=body) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    assert len((await town.ask("/v1/runs"))["items"]) == 1


async def test_a_city_cannot_run_a_month_that_one_of_its_districts_has_run(town: Town) -> None:
    await town.run("2026-10")
    city = town.running.client(*SCOPES, regions=("3212",))
    refused = await town.do("/v1/runs", {"month": "2026-10", "region": "321200000000"}, city, 409)
    assert refused["type"].endswith("subsidy/run-overlaps")


async def test_a_district_cannot_run_what_the_city_has_run_though_it_cannot_see_it(town: Town) -> None:
    city = town.running.client(*SCOPES, regions=("3212",))
    await town.do("/v1/runs", {"month": "2026-10", "region": "321200000000"}, city, 202)
    assert (await town.ask("/v1/runs"))["items"] == []
    await town.do("/v1/runs", {"month": "2026-10", "region": REGION}, status=409)


async def test_a_rejected_run_blocks_nobody_and_its_lines_stay_readable_as_void(town: Town) -> None:
    old = senior()
    await town.hear(old)
    run = await town.run("2026-10", [AGE])
    await town.do(f"/v1/runs/{run['id']}/submit")
    await town.do(f"/v1/runs/{run['id']}/reject", {"reason": "数据有误"}, town.second)
    again = await town.run("2026-10", [AGE])
    assert again["number"] == 2
    assert [(line["amount"], line["void"]) for line in await town.lines(run["id"])] == [("60.00", True)]
    assert [(line["amount"], line["kind"]) for line in await town.lines(again["id"])] == [("60.00", "regular")]


async def test_calculating_twice_gives_the_same_lines_once(town: Town) -> None:
    await town.hear(senior())
    run = await town.run("2026-10", [AGE])
    await calculate_run(town.running.kernel, {"run_id": run["id"]})
    assert len(await town.lines(run["id"])) == 1


async def test_the_database_refuses_a_second_payment_of_the_same_month(town: Town) -> None:
    await town.hear(senior())
    run = await town.run("2026-10", [AGE])
    copied = "run_id, scope, month, region, programme, beneficiary_kind, beneficiary_id, senior_id, sequence, kind"
    more = "amount_fen, outcome, reason, pack_hash"
    with pytest.raises(IntegrityError, match="lines_2026_10"):
        async with town.database.transaction(Scope.everywhere()) as session:
            await session.execute(
                text(f"INSERT INTO lines ({copied}, {more}) SELECT {copied}, {more} FROM lines WHERE run_id = :id"),
                {"id": UUID(run["id"])},
            )


async def test_a_held_subject_stays_held_through_every_run_until_a_person_lifts_it(town: Town) -> None:
    old = senior()
    await town.hear(old)
    body = {"subject_kind": "senior", "subject_id": str(old.senior_id), "reason": "核实"}
    hold = await town.do("/v1/holds", body, status=201)
    await town.do("/v1/holds", body, status=409)
    october = await town.approved("2026-10", [AGE])
    november = await town.approved("2026-11", [AGE])
    for run in (october, november):
        assert [(line["outcome"], line["amount"]) for line in await town.lines(run["id"])] == [("held", "0.00")]
    await town.do(f"/v1/holds/{hold['id']}/lift", {"reason": "核实无误"})
    more = await town.run("2026-11", [AGE])
    lines = await town.lines(more["id"])
    assert {(line["month"], line["kind"], line["amount"]) for line in lines} == {
        ("2026-10", "arrears", "60.00"),
        ("2026-11", "arrears", "60.00"),
    }


async def test_nobody_sees_or_opens_runs_of_another_district(town: Town) -> None:
    old = senior()
    await town.hear(old)
    run = await town.run("2026-10", [AGE])
    (line,) = await town.lines(run["id"])
    other = town.running.client(*SCOPES, regions=("321203",))
    for path in (f"/v1/runs/{run['id']}", f"/v1/runs/{run['id']}/lines", f"/v1/lines/{line['id']}"):
        assert (await other.get(path)).status_code == 404
    assert (await other.get(f"/v1/lines/{line['id']}/explanation")).status_code == 404
    assert (await other.post(f"/v1/lines/{line['id']}/proof")).status_code == 404
    assert (await town.ask("/v1/runs", other))["items"] == []
    await town.do("/v1/runs", {"month": "2026-10", "region": REGION}, other, 403)
    asked = {"programme": AGE, "month": "2026-10", "senior_id": str(old.senior_id)}
    await town.do("/v1/determinations", asked, other, 404)
    body = {"subject_kind": "senior", "subject_id": str(old.senior_id), "reason": "核实"}
    await town.do("/v1/holds", body, other, 404)


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({"month": "2199-01", "region": REGION}, 422, "month-not-begun"),
        ({"month": "2026-10", "region": "321203000000"}, 403, "outside-region"),
        ({"month": "2026-10", "region": "330102000000"}, 422, "unknown-region"),
        ({"month": "2026-10", "region": REGION, "programmes": ["gold_for_all"]}, 422, "no-policy"),
    ],
)
async def test_a_run_that_cannot_be_is_refused_with_its_reason(
    town: Town, body: dict[str, object], status: int, slug: str
) -> None:
    refused = await town.do("/v1/runs", body, status=status)
    assert refused["type"].endswith(f"subsidy/{slug}")


async def test_without_the_decisions_nothing_is_paid_and_the_run_says_what_is_missing(town: Town) -> None:
    elsewhere = "321203000000"
    clerk = town.running.client(*SCOPES, regions=("321203",), subject="clerk-b")
    old = senior(region="321203001000")
    await town.hear(old, meal(old.senior_id, new_id(), date(2026, 10, 1)))
    made = await town.do("/v1/runs", {"month": "2026-10", "region": elsewhere}, clerk, 202)
    await calculate_run(town.running.kernel, {"run_id": made["id"]})
    run = await town.ask(f"/v1/runs/{made['id']}", clerk)
    assert {notice["reason"] for notice in run["notices"]} == {"effective_date_missing"}
    lines = (await town.ask(f"/v1/runs/{made['id']}/lines", clerk))["items"]
    assert {(line["programme"], line["amount"], line["outcome"]) for line in lines} == {
        (MEAL, "0.00", "not_configured")
    }


async def test_who_moved_between_districts_is_paid_once_by_where_the_household_was(town: Town) -> None:
    clerk = town.running.client(*SCOPES, regions=("3212",), subject="city-clerk")
    before = {"region": "321202001000", "valid_from": "1990-01-01", "valid_to": "2026-10-09"}
    after = {"region": "321203001000", "valid_from": "2026-10-10"}
    mover = senior(region="321203001000", residences=[before, after])
    await town.hear(mover)
    runs = []
    for region in ("321203000000", REGION):
        made = await town.do("/v1/runs", {"month": "2026-10", "region": region, "programmes": [AGE]}, clerk, 202)
        await calculate_run(town.running.kernel, {"run_id": made["id"]})
        runs.append((await town.ask(f"/v1/runs/{made['id']}/lines", clerk))["items"])
    amounts = [line["amount"] for lines in runs for line in lines]
    assert amounts == ["60.00"]
    asked = {"programme": AGE, "month": "2026-10", "senior_id": str(mover.senior_id)}
    assert (await town.do("/v1/determinations", asked, clerk))["amount"] == "60.00"


async def test_who_came_from_another_city_stands_in_the_run_with_the_reason(town: Town) -> None:
    before = {"region": "330102001000", "valid_from": "1990-01-01", "valid_to": "2026-10-09"}
    after = {"region": "321202001000", "valid_from": "2026-10-10"}
    await town.hear(senior(residences=[before, after]))
    run = await town.run("2026-10", [AGE])
    (line,) = await town.lines(run["id"])
    assert (line["amount"], line["outcome"]) == ("0.00", "not_eligible")


async def test_a_freeze_waits_for_what_is_being_written_and_misses_nothing(town: Town) -> None:
    made = await town.do("/v1/runs", {"month": "2026-10", "region": REGION, "programmes": [AGE]}, status=202)
    async with town.database.transaction(Scope.everywhere()) as session:
        await HANDLERS[SeniorSnapshot](session, [Received(new_id(), RECORDED, "", senior(), None)])
        job = asyncio.create_task(calculate_run(town.running.kernel, {"run_id": made["id"]}))
        await asyncio.sleep(0.5)
        assert not job.done()
    await job
    assert len(await town.lines(made["id"])) == 1
