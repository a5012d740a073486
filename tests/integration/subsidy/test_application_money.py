"""What applications lead to: lines, payments, corrections, explanations; and nothing twice."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from sqlalchemy import text

from services.subsidy.runs.calculation import calculate_run
from shared.database import Scope
from shared.ids import new_id
from tests.integration.subsidy.applying import (
    BATH,
    BUILD,
    CENTRE,
    NURSING,
    RELIEF,
    RETROFIT,
    VOUCHER,
    WORKER,
    Office,
    baths,
    beds,
    told,
    worker,
)
from tests.integration.subsidy.town import REGION, SCOPES, Town, delisted, institution, listed, senior

POOR = {"economic_status": "destitute"}
LEASED: dict[str, Any] = {"tenure": "leased", "lease_from": "2024-01-01"}


async def proved(town: Town, lines: list[dict[str, Any]]) -> None:
    """Every line is explained, and proved from what was frozen."""
    for line in lines:
        explained = await town.ask(f"/v1/lines/{line['id']}/explanation")
        assert explained["text"]
        proof = await town.do(f"/v1/lines/{line['id']}/proof")
        assert (proof["equal"], proof["recomputed"]) == (True, line["amount"]), proof


async def test_a_construction_subsidy_from_paper_to_the_bank(office: Office) -> None:
    home = institution()
    await office.hear(home)
    one = await office.accepted(BUILD, beds(40), beds(10, "ordinary"), organization_id=home.organization_id)
    asked = {"programme": BUILD, "month": "2026-10", "institution_id": str(home.organization_id)}
    before = await office.do("/v1/determinations", asked)
    assert (before["amount"], before["entitlements"][0]["application_id"]) == ("450000.00", one["id"])
    run = await office.approved("2026-10", [BUILD])
    (line,) = await office.lines(run["id"])
    assert (line["amount"], line["senior_id"], line["application_id"]) == ("450000.00", None, one["id"])
    assert (line["beneficiary_kind"], line["beneficiary_id"]) == ("organization", str(home.organization_id))
    await proved(office, [line])
    explained = await office.ask(f"/v1/lines/{line['id']}/explanation")
    assert "护理型床位核定40张" in explained["text"]
    assert {step["source"]["clause"] for step in explained["trace"]["steps"] if step["source"]} == {"二"}
    batch = await office.batch(run["id"])
    assert (batch["rows"], batch["amount"]) == (1, "450000.00")
    after = await office.do("/v1/determinations", asked)
    assert (after["amount"], [one["id"] for one in after["lines"]]) == ("450000.00", [line["id"]])


async def test_beds_added_later_are_paid_once_each_and_a_refused_row_uses_up_none(office: Office) -> None:
    home = institution()
    await office.hear(home)
    who: dict[str, Any] = {"organization_id": home.organization_id}
    short = beds(8, "ordinary", **LEASED, lease_to="2027-12-31")
    await office.accepted(BUILD, beds(40), short, first_month="2026-08", **who)
    assert [line["amount"] for line in await office.settled("2026-08", BUILD)] == ["400000.00"]
    await office.accepted(BUILD, beds(50), first_month="2026-09", **who)
    assert told(await office.settled("2026-09", BUILD)) == [("2026-09", "regular", "100000.00", None)]
    longer = beds(8, "ordinary", **LEASED, lease_to="2030-12-31")
    await office.accepted(BUILD, beds(50), longer, **who)
    lines = await office.settled("2026-10", BUILD)
    assert [line["amount"] for line in lines] == ["16000.00"]
    await proved(office, lines)


async def test_beds_given_back_are_paid_to_whoever_still_has_them_and_nobody_elses_are_touched(office: Office) -> None:
    home = institution()
    await office.hear(home)
    who: dict[str, Any] = {"organization_id": home.organization_id}
    thirty = await office.accepted(BUILD, beds(30), first_month="2026-09", **who)
    await office.settled("2026-09", BUILD)
    await office.accepted(BUILD, beds(50), first_month="2026-08", **who)
    assert told(await office.settled("2026-08", BUILD)) == [("2026-08", "regular", "200000.00", None)]
    sixty = await office.accepted(BUILD, beds(60), **who)
    assert told(await office.settled("2026-10", BUILD)) == [("2026-10", "regular", "100000.00", None)]
    await office.withdraw(sixty)
    assert told(await office.settled("2026-10", BUILD)) == [("2026-10", "recovery", "-100000.00", "facts_withdrawn")]
    assert told(await office.settled("2026-10", BUILD)) == []
    await office.withdraw(thirty)
    assert told(await office.settled("2026-10", BUILD)) == [("2026-09", "recovery", "-300000.00", "facts_withdrawn")]
    lines = await office.settled("2026-10", BUILD)
    assert told(lines) == [("2026-08", "arrears", "300000.00", "facts_changed")]
    await proved(office, lines)
    assert told(await office.settled("2026-10", BUILD)) == []


async def test_a_workers_allowance_goes_to_each_worker_of_a_home_once(office: Office) -> None:
    home = institution()
    await office.hear(home, *map(worker, (1, 2, 3)))
    rows = {1: "2022-03-01", 2: "2026-01-01", 3: "2024-10-31"}
    for number, since in rows.items():
        key = worker(number).worker_key
        who: dict[str, Any] = {"organization_id": home.organization_id, "worker_key": key}
        await office.accepted(WORKER, {"employed_since": since}, **who)
    lines = await office.settled("2026-10", WORKER)
    assert sorted((line["amount"], line["reason"]) for line in lines) == [
        ("0.00", "too_short"),
        ("3000.00", None),
        ("3000.00", None),
    ]
    assert {line["beneficiary_id"] for line in lines} == {str(home.organization_id)}
    await proved(office, lines)
    again: dict[str, Any] = {"organization_id": home.organization_id, "first_month": "2026-11"}
    await office.accepted(WORKER, {"employed_since": "2022-03-01"}, worker_key=worker(1).worker_key, **again)
    await office.accepted(WORKER, {"employed_since": "2023-01-01"}, worker_key=worker(2).worker_key, **again)
    november = [line for line in await office.settled("2026-11", WORKER) if line["month"] == "2026-11"]
    assert sorted((line["amount"], line["reason"]) for line in november) == [
        ("0.00", "already_paid"),
        ("3000.00", None),
    ]


async def test_relief_is_given_once_whatever_the_order_of_the_months(office: Office) -> None:
    old = senior()
    await office.hear(old)
    who: dict[str, Any] = {"senior_id": old.senior_id}
    await office.accepted(RELIEF, POOR, first_month="2026-09", **who)
    await office.accepted(RELIEF, POOR, first_month="2026-10", **who)
    assert told(await office.settled("2026-10", RELIEF)) == [("2026-10", "regular", "2000.00", None)]
    assert told(await office.settled("2026-09", RELIEF)) == [("2026-09", "regular", "0.00", "already_paid")]
    assert told(await office.settled("2026-11", RELIEF)) == []


async def test_two_runs_frozen_at_once_pay_it_once_and_a_rejected_one_blocks_nobody(office: Office) -> None:
    old = senior()
    await office.hear(old)
    runs = []
    for month in ("2026-09", "2026-10"):
        await office.accepted(RELIEF, POOR, first_month=month, senior_id=old.senior_id)
        body = {"month": month, "region": REGION, "programmes": [RELIEF]}
        runs.append(await office.do("/v1/runs", body, status=202))
    kernel = office.running.kernel
    await asyncio.gather(*(calculate_run(kernel, {"run_id": run["id"]}) for run in runs))
    lines = {run["id"]: (await office.lines(run["id"]))[0] for run in runs}
    assert sorted((line["amount"], line["reason"]) for line in lines.values()) == [
        ("0.00", "already_paid"),
        ("2000.00", None),
    ]
    paying = next(run for run in runs if lines[run["id"]]["amount"] != "0.00")
    other = next(run for run in runs if run is not paying)
    await office.do(f"/v1/runs/{other['id']}/submit")
    await office.do(f"/v1/runs/{other['id']}/approve", {}, office.second)
    await office.reject(paying)
    again = told(await office.settled(paying["month"], RELIEF)) + told(await office.settled("2026-11", RELIEF))
    assert sorted(amount for _, _, amount, _ in again if amount != "0.00") == ["2000.00"]


async def test_withdrawn_after_payment_comes_back_and_names_the_line_and_the_next_one_may_apply(office: Office) -> None:
    old = senior()
    await office.hear(old)
    one = await office.accepted(RELIEF, POOR, senior_id=old.senior_id)
    october = await office.approved("2026-10", [RELIEF])
    (paid,) = await office.lines(october["id"])
    await office.batch(october["id"])
    await office.withdraw(one)
    november = await office.approved("2026-11", [RELIEF])
    (line,) = await office.lines(november["id"])
    assert told([line]) == [("2026-10", "recovery", "-2000.00", "facts_withdrawn")]
    assert (line["corrects_line_id"], line["application_id"]) == (paid["id"], one["id"])
    await proved(office, [line])
    (recovery,) = (await office.ask("/v1/recoveries"))["items"]
    assert (recovery["balance"], recovery["beneficiary_id"]) == ("2000.00", str(old.senior_id))
    await office.accepted(RELIEF, {"economic_status": "low_income"}, first_month="2026-11", senior_id=old.senior_id)
    assert told(await office.settled("2026-11", RELIEF)) == [("2026-11", "arrears", "1000.00", "facts_changed")]


async def test_a_standing_application_is_paid_every_month_until_it_ends_or_the_senior_dies(office: Office) -> None:
    old, other = senior(), senior()
    await office.hear(old, other)
    one = await office.accepted(NURSING, {"assessed_level": 3}, senior_id=old.senior_id, first_month="2026-09")
    await office.accepted(NURSING, {"care_level": "semi_disabled"}, senior_id=other.senior_id, first_month="2026-09")
    for month in ("2026-09", "2026-10"):
        lines = await office.settled(month, NURSING)
        assert [line["amount"] for line in sorted(lines, key=lambda line: line["amount"])] == ["100.00", "300.00"]
        await proved(office, lines)
    await office.change(one, "end", from_month="2026-10", reason="已入住机构")
    await office.hear(senior(other.senior_id, version=2, died_on=date(2026, 9, 20)))
    lines = await office.settled("2026-11", NURSING)
    assert told(lines) == [
        ("2026-10", "recovery", "-100.00", "died_before_month"),
        ("2026-10", "recovery", "-300.00", "facts_withdrawn"),
        ("2026-11", "regular", "0.00", "died_before_month"),
    ]
    await proved(office, lines)
    assert told(await office.settled("2026-11", NURSING)) == []


async def test_accepted_after_the_month_it_is_paid_as_arrears(office: Office) -> None:
    old = senior()
    await office.hear(old)
    await office.settled("2026-10", RELIEF)
    await office.accepted(RELIEF, POOR, senior_id=old.senior_id)
    assert told(await office.settled("2026-11", RELIEF)) == [("2026-10", "arrears", "2000.00", "facts_changed")]


async def test_refused_and_undecided_applications_are_in_no_run(office: Office) -> None:
    olds = [senior(), senior()]
    await office.hear(*olds)
    await office.apply(RELIEF, POOR, senior_id=olds[0].senior_id)
    refused = await office.apply(RELIEF, POOR, senior_id=olds[1].senior_id)
    await office.change(refused, "refuse", client=office.second, reason="不符")
    run = await office.run("2026-10", [RELIEF])
    assert (await office.lines(run["id"]), [scope["rows"] for scope in run["scopes"]]) == ([], [0])


async def test_baths_by_two_providers_share_the_caps_of_month_and_year(office: Office) -> None:
    old, first, second = senior(), institution(), institution()
    await office.hear(old, first, second)
    who: dict[str, Any] = {"senior_id": old.senior_id}
    await office.accepted(
        BATH, *baths(1, 2, 3, month=9), organization_id=first.organization_id, first_month="2026-09", **who
    )
    assert [line["amount"] for line in await office.settled("2026-09", BATH)] == ["150.00"]
    await office.accepted(BATH, *baths(1, 2), organization_id=first.organization_id, **who)
    await office.accepted(BATH, *baths(3, 4, way="pick_up"), organization_id=second.organization_id, **who)
    await office.apply(BATH, *baths(9), organization_id=second.organization_id, status=409, **who)
    lines = await office.settled("2026-10", BATH)
    paid = {line["beneficiary_id"]: line["amount"] for line in lines}
    assert paid == {str(first.organization_id): "100.00", str(second.organization_id): "30.00"}
    await proved(office, lines)
    for organization, amount in paid.items():
        asked = {"programme": BATH, "month": "2026-10", "institution_id": organization}
        due = await office.do("/v1/determinations", asked)
        assert (due["amount"], [one["beneficiary_id"] for one in due["entitlements"]]) == (amount, [organization])
    await office.hear(senior(old.senior_id, version=2))
    assert told(await office.settled("2026-11", BATH)) == []


async def test_what_a_household_spent_is_shared_up_to_the_ceiling(office: Office) -> None:
    old = senior()
    await office.hear(old)
    rows = [{"item": "wall_bar", "cost_fen": "600.50"}, {"item": "washing_chair", "cost_fen": "3000"}]
    await office.accepted(RETROFIT, *rows, senior_id=old.senior_id)
    (line,) = await office.settled("2026-10", RETROFIT)
    assert (line["amount"], line["beneficiary_kind"]) == ("1100.25", "senior")
    await proved(office, [line])


async def test_an_item_of_a_household_is_paid_in_one_of_two_applications(office: Office) -> None:
    """The second application has another item too, which is paid; without the first one, all of it would be."""
    old = senior()
    await office.hear(old)
    rail, chair = {"item": "wall_bar", "cost_fen": "600.00"}, {"item": "washing_chair", "cost_fen": "1000.00"}
    first = await office.accepted(RETROFIT, rail, first_month="2026-08", senior_id=old.senior_id)
    await office.accepted(RETROFIT, rail, chair, first_month="2026-09", senior_id=old.senior_id)
    assert [line["amount"] for line in await office.settled("2026-08", RETROFIT)] == ["300.00"]
    (line,) = await office.settled("2026-09", RETROFIT)
    assert (line["amount"], line["month"]) == ("500.00", "2026-09")
    await proved(office, [line])
    await office.withdraw(first)
    back = ("2026-08", "recovery", "-300.00", "facts_withdrawn")
    assert told(await office.settled("2026-10", RETROFIT)) == [back]
    assert told(await office.settled("2026-11", RETROFIT)) == [("2026-09", "arrears", "300.00", "facts_changed")]


async def test_a_centre_is_paid_by_its_grade(office: Office) -> None:
    centre = institution(kind="community_centre", grade=1)
    await office.hear(centre)
    await office.accepted(CENTRE, {"grade": 1}, organization_id=centre.organization_id)
    assert [line["amount"] for line in await office.settled("2026-10", CENTRE)] == ["4000.00"]


async def test_a_voucher_is_determined_and_never_paid_in_money(office: Office) -> None:
    old = senior()
    await office.hear(old)
    one = await office.accepted(VOUCHER, {}, senior_id=old.senior_id)
    asked = {"programme": VOUCHER, "month": "2026-12", "senior_id": str(old.senior_id)}
    due = await office.do("/v1/determinations", asked)
    assert (due["amount"], due["outcome"], due["entitlements"][0]["application_id"]) == ("100.00", "paid", one["id"])
    refused = await office.do(
        "/v1/runs", {"month": "2026-10", "region": REGION, "programmes": [RELIEF, VOUCHER]}, status=422
    )
    assert refused["type"].endswith("subsidy/not-paid-in-money")
    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [
        ("/programmes/1", "not_paid_in_money")
    ]
    run = await office.run("2026-10")
    assert VOUCHER not in run["programmes"]
    assert {scope["programme"] for scope in run["scopes"]} == set(run["programmes"])


async def test_a_hold_and_a_listing_stop_an_application_too(office: Office) -> None:
    old, home = senior(), institution()
    await office.hear(old, home)
    await office.accepted(RELIEF, POOR, senior_id=old.senior_id)
    await office.accepted(BUILD, beds(4), organization_id=home.organization_id)
    held = {"subject_kind": "senior", "subject_id": str(old.senior_id), "reason": "核实"}
    hold = await office.do("/v1/holds", held, status=201)
    decision = listed(home.organization_id, date(2026, 10, 16))
    await office.hear(decision)
    run = await office.approved("2026-10", [RELIEF, BUILD])
    assert told(await office.lines(run["id"])) == [
        ("2026-10", "regular", "0.00", "human_hold"),
        ("2026-10", "regular", "0.00", "listed"),
    ]
    await office.do(f"/v1/holds/{hold['id']}/lift", {"reason": "核实无误"})
    await office.hear(delisted(decision, date(2026, 10, 16)))
    more = await office.approved("2026-11", [RELIEF, BUILD])
    assert told(await office.lines(more["id"])) == [
        ("2026-10", "arrears", "2000.00", "facts_changed"),
        ("2026-10", "arrears", "40000.00", "facts_changed"),
    ]


async def test_what_was_known_of_an_application_then(office: Office) -> None:
    old = senior()
    await office.hear(old)
    asked = {"programme": NURSING, "month": "2026-10", "senior_id": str(old.senior_id)}
    one = await office.accepted(NURSING, {"assessed_level": 3}, senior_id=old.senior_id, first_month="2026-09")

    async def moment() -> str:
        async with office.database.transaction(Scope.everywhere()) as session:
            found: str = (await session.scalar(text("SELECT clock_timestamp()"))).isoformat()
            return found

    accepted = await moment()
    ended = await office.change(one, "end", from_month="2026-10", reason="停")
    stopped = await moment()
    await office.withdraw(ended)
    amounts = [
        (await office.do("/v1/determinations", asked | {"known_at": at}))["amount"] for at in (accepted, stopped)
    ]
    assert amounts == ["300.00", "0.00"]
    assert (await office.do("/v1/determinations", asked | {"known_at": one["submitted_at"]}))["reason"] == "no_facts"
    assert (await office.do("/v1/determinations", asked))["reason"] == "no_facts"


async def test_a_programme_left_out_of_a_months_run_has_its_own_later(office: Office) -> None:
    old = senior()
    await office.hear(old)
    await office.accepted(NURSING, {"assessed_level": 3}, senior_id=old.senior_id)
    await office.settled("2026-10", RELIEF)
    assert told(await office.settled("2026-10", NURSING)) == [("2026-10", "regular", "300.00", None)]
    assert told(await office.settled("2026-10", NURSING)) == []


async def answered(town: Town, region: str, programme: str, row: dict[str, Any], **who: Any) -> tuple[str, str, str]:
    """Amount, outcome and reason of an application in another place, entered, accepted and run there."""
    people = [town.running.client(*SCOPES, regions=(region[:6],), subject=name) for name in ("a", "b")]
    body = {"programme": programme, "first_month": "2026-10", "rows": [row]}
    body |= {name: str(value) for name, value in who.items()}
    made = await town.do("/v1/applications", body, people[0], 201)
    path = f"/v1/applications/{made['id']}/accept"
    assert (await people[1].post(path, headers={"if-match": '"1"'})).status_code == 200
    wanted = {"month": "2026-10", "region": region, "programmes": [programme]}
    run = await town.do("/v1/runs", wanted, people[0], 202)
    await calculate_run(town.running.kernel, {"run_id": run["id"]})
    (line,) = (await town.ask(f"/v1/runs/{run['id']}/lines", people[0]))["items"]
    return line["amount"], line["outcome"], line["reason"]


async def test_a_draft_city_takes_applications_and_pays_nothing_yet(town: Town) -> None:
    old = senior(region="110101001000")
    await town.hear(old)
    row = {"economic_status": "minimum_living", "care_level": "disabled"}
    told_there = await answered(town, "110101000000", "family_care_support", row, senior_id=old.senior_id)
    assert told_there == ("0.00", "not_configured", "document_is_draft")


async def test_where_decisions_are_missing_applications_are_taken_and_the_answer_says_which(town: Town) -> None:
    home = institution(new_id(), region="321203000000")
    await town.hear(home)
    row = {"bed_type": "nursing", "approved_beds": 4, "tenure": "own", "opened_on": "2025-01-01", "graded": True}
    told_there = await answered(town, "321203000000", BUILD, row, organization_id=home.organization_id)
    assert told_there == ("0.00", "not_configured", "effective_date_missing")
