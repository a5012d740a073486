"""An application from its entry to its end: what it must say, who decides, who sees it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.subsidy.applications.domain import SHAPES
from services.subsidy.engine.kinds import KINDS
from shared.database import Scope
from shared.ids import new_id
from tests.integration.subsidy.applying import (
    BATH,
    BEDS,
    BUILD,
    CENTRE,
    NURSING,
    RELIEF,
    RETROFIT,
    SCAN,
    WORKER,
    Office,
    baths,
    beds,
    worker,
)
from tests.integration.subsidy.town import REGION, Town, institution, senior

POOR = {"economic_status": "destitute"}


def problem(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Pointer and code of everything that is wrong."""
    return [(error["pointer"], error["code"]) for error in answer["errors"]]


async def test_an_application_lives_from_entry_to_end_with_every_step_on_record(office: Office) -> None:
    old = senior()
    await office.hear(old)
    made = await office.apply(NURSING, {"care_level": "disabled"}, senior_id=old.senior_id, note="电话预约")
    assert (made["state"], made["version"], made["submitted_by"], made["last_month"]) == ("submitted", 1, "clerk", None)
    accepted = await office.change(made, "accept", client=office.second, reason="核实无误")
    assert (accepted["state"], accepted["decided_by"], accepted["decision_reason"]) == (
        "accepted",
        "second",
        "核实无误",
    )
    ended = await office.change(accepted, "end", from_month="2027-01", reason="已入住机构")
    assert (ended["state"], ended["ended_from"], ended["end_reason"]) == ("ended", "2027-01", "已入住机构")
    gone = await office.change(ended, "withdraw", reason="冒名")
    assert (gone["state"], gone["version"]) == ("withdrawn", 4)
    answer = await office.clerk.get(f"/v1/applications/{made['id']}")
    assert (answer.json(), answer.headers["etag"][:3]) == (gone, '"4-')
    async with office.database.transaction(Scope.everywhere()) as session:
        rows = await session.execute(
            text("SELECT action FROM audit_waiting WHERE target = :id AND action LIKE '%.%' ORDER BY id"), made
        )
        assert list(rows.scalars()) == [f"application.{step}" for step in ("submit", "accept", "end", "withdraw")]


async def test_paper_counts_the_same_and_names_its_scan(office: Office) -> None:
    home = institution()
    await office.hear(home)
    who: dict[str, Any] = {"organization_id": home.organization_id, "channel": "offline"}
    refused = await office.apply(BUILD, BEDS, status=422, **who)
    assert "扫描件" in refused["errors"][0]["message"]
    made = await office.apply(BUILD, BEDS, documents=[SCAN], **who)
    assert (made["channel"], made["documents"], made["region"]) == ("offline", [SCAN], REGION)


async def test_who_entered_it_may_not_decide_and_the_database_holds_that_too(office: Office) -> None:
    old = senior()
    await office.hear(old)
    made = await office.apply(RELIEF, POOR, senior_id=old.senior_id)
    bodies: dict[str, dict[str, Any]] = {"accept": {}, "refuse": {"reason": "不符"}}
    for action, body in bodies.items():
        answer = await office.change(made, action, status=409, **body)
        assert answer["type"].endswith("second-person-needed")
    with pytest.raises(DBAPIError, match="four_eyes"):
        async with office.database.transaction(Scope.everywhere()) as session:
            await session.execute(text("UPDATE applications SET state = 'accepted', decided_by = submitted_by"))
    refused = await office.change(made, "refuse", client=office.second, reason="不属于救助对象")
    assert (refused["state"], refused["decision_reason"]) == ("refused", "不属于救助对象")
    assert (await office.apply(RELIEF, POOR, senior_id=old.senior_id))["state"] == "submitted"


async def test_what_was_applied_for_stays_as_it_was_written(office: Office) -> None:
    old = senior()
    await office.hear(old)
    await office.apply(RELIEF, POOR, senior_id=old.senior_id)
    for change in ("rows = '[{}]'", "first_month = '2020-01-01'", "submitted_by = 'x'"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with office.database.transaction(Scope.everywhere()) as session:
                await session.execute(text(f"UPDATE applications SET {change}"))


async def test_nobody_overwrites_what_he_has_not_read_and_no_step_is_taken_twice(office: Office) -> None:
    old = senior()
    await office.hear(old)
    made = await office.apply(RELIEF, POOR, senior_id=old.senior_id)
    path = f"/v1/applications/{made['id']}"
    assert (await office.second.post(f"{path}/accept")).status_code == 428
    assert (await office.second.post(f"{path}/accept", headers={"if-match": '"7"'})).status_code == 412
    both = [
        office.second.post(f"{path}/{step}", headers={"if-match": '"1"'}, json={"reason": "意见"})
        for step in ("accept", "refuse")
    ]
    assert sorted(answer.status_code for answer in await asyncio.gather(*both)) == [200, 412]
    one = (await office.clerk.get(path)).json()
    again = await office.change(one, "accept", client=office.second, status=409)
    assert again["type"].endswith("subsidy/wrong-state")


async def test_a_repeated_request_with_its_key_enters_one_application(office: Office) -> None:
    old = senior()
    await office.hear(old)
    body = {"programme": RELIEF, "first_month": "2026-10", "rows": [POOR], "senior_id": str(old.senior_id)}
    answers = [await office.clerk.post("/v1/applications", json=body, headers={"idempotency-key": "a-1"}) for _ in "12"]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["location"].endswith(answers[0].json()["id"])


async def test_lists_filter_and_page(office: Office) -> None:
    olds, home = [senior() for _ in range(3)], institution()
    await office.hear(*olds, home)
    made = [await office.apply(RELIEF, POOR, senior_id=old.senior_id) for old in olds]
    built = await office.apply(BUILD, BEDS, organization_id=home.organization_id, first_month="2026-08")
    await office.change(made[0], "accept", client=office.second)

    async def ids(**query: Any) -> list[str]:
        return [one["id"] for one in (await office.ask("/v1/applications", **query))["items"]]

    newest_first = [built["id"], *(one["id"] for one in reversed(made))]
    assert await ids() == newest_first
    assert await ids(programme=BUILD) == await ids(month="2026-08") == [built["id"]]
    assert await ids(organization_id=home.organization_id) == [built["id"]]
    assert await ids(senior_id=olds[1].senior_id) == [made[1]["id"]]
    assert await ids(state="accepted") == [made[0]["id"]]
    page = await office.ask("/v1/applications", limit=3)
    assert [one["id"] for one in page["items"]] == newest_first[:3]
    assert await ids(cursor=page["next"]) == newest_first[3:]


async def test_the_form_says_what_to_fill_in_and_nothing_that_the_system_knows(office: Office) -> None:
    forms = {form["programme"]: form for form in await office.ask("/v1/application-forms", region=REGION)}
    build = {column["name"]: (column["type"], column["needed"]) for column in forms[BUILD]["columns"]}
    assert build == {
        "bed_type": ("code", True),
        "approved_beds": ("number", True),
        "tenure": ("code", True),
        "lease_from": ("date", False),
        "lease_to": ("date", False),
        "began_on": ("date", True),
    }
    assert (forms[BUILD]["asks_for"], forms[BUILD]["standing"], forms[BUILD]["several"]) == (
        ["organization_id"],
        False,
        True,
    )
    assert forms[WORKER]["asks_for"] == ["organization_id", "worker_key"]
    assert forms[BATH]["asks_for"] == ["senior_id", "organization_id"]
    assert (forms[NURSING]["standing"], forms[NURSING]["several"]) == (True, False)
    nursing = {column["name"]: column["either"] for column in forms[NURSING]["columns"]}
    assert nursing == {name: ["care_level", "assessed_level"] for name in ("care_level", "assessed_level")}
    assert {column["type"] for column in forms[RETROFIT]["columns"]} == {"code", "money"}
    assert await office.ask("/v1/application-forms", region="321203000000") == []


LEASED = BEDS | {"tenure": "leased", "lease_from": "2024-01-01", "lease_to": "2030-12-31"}


BAD: list[tuple[str, list[dict[str, Any]], list[tuple[str, str]]]] = [
    (BUILD, [BEDS | {"colour": "red"}], [("/rows/0/colour", "unknown_column")]),
    (BUILD, [BEDS | {"beds_paid_before": 0}], [("/rows/0/beds_paid_before", "known_already")]),
    (BUILD, [BEDS | {"listed": False}], [("/rows/0/listed", "known_already")]),
    (BUILD, [{"bed_type": "nursing", "approved_beds": 4, "tenure": "own"}], [("/rows/0/began_on", "missing")]),
    (BUILD, [BEDS | {"began_on": None}], [("/rows/0/began_on", "missing")]),
    (BUILD, [BEDS | {"bed_type": "golden"}], [("/rows/0/bed_type", "unknown_code")]),
    (BUILD, [BEDS | {"bed_type": 3}], [("/rows/0/bed_type", "code")]),
    (BUILD, [BEDS | {"approved_beds": "40"}], [("/rows/0/approved_beds", "number")]),
    (BUILD, [BEDS | {"approved_beds": -1}], [("/rows/0/approved_beds", "number")]),
    (BUILD, [BEDS | {"approved_beds": True}], [("/rows/0/approved_beds", "number")]),
    (BUILD, [BEDS | {"began_on": "2025-02-30"}], [("/rows/0/began_on", "date")]),
    (BUILD, [BEDS | {"began_on": "20250301"}], [("/rows/0/began_on", "date")]),
    (BUILD, [BEDS, BEDS], [("/rows/1/bed_type", "twice")]),
    (BUILD, [LEASED, LEASED | {"bed_type": "x"}], [("/rows/1/bed_type", "unknown_code")]),
    (
        BUILD,
        [LEASED | {"tenure": "x", "lease_to": 5}],
        [("/rows/0/tenure", "unknown_code"), ("/rows/0/lease_to", "date")],
    ),
    (RETROFIT, [{"item": "wall_bar", "cost_fen": 500}], [("/rows/0/cost_fen", "money")]),
    (RETROFIT, [{"item": "wall_bar", "cost_fen": "-5.00"}], [("/rows/0/cost_fen", "money")]),
    (RELIEF, [POOR, POOR], [("/rows", "one_row")]),
    (NURSING, [{}], [("/rows/0/care_level", "missing")]),
    (NURSING, [{"assessed_level": "three"}], [("/rows/0/assessed_level", "number")]),
    (BATH, baths(1, month=11), [("/rows/0/service_date", "outside_month")]),
]


async def test_rows_that_cannot_be_calculated_are_refused_with_their_place(office: Office) -> None:
    old, home = senior(), institution()
    await office.hear(old, home)
    for programme, rows, wrong in BAD:
        who: dict[str, Any] = {} if programme == BUILD else {"senior_id": old.senior_id}
        who |= {"organization_id": home.organization_id} if programme in {BUILD, BATH} else {}
        refused = await office.apply(programme, *rows, status=422, **who)
        assert refused["type"].endswith("subsidy/application-unfit"), rows
        assert problem(refused) == wrong, rows
    endless = await office.apply(
        BUILD, BEDS | {"approved_beds": 10**30}, organization_id=home.organization_id, status=422
    )
    assert [pointer for pointer, _ in problem(endless)] == ["/rows/0/approved_beds"]
    assert (await office.ask("/v1/applications"))["items"] == []


async def test_an_application_names_whom_its_programme_asks_for(office: Office) -> None:
    old, home, centre = senior(), institution(), institution(kind="community_centre")
    await office.hear(old, home, centre)
    ids: dict[str, Any] = {
        "senior_id": old.senior_id,
        "organization_id": home.organization_id,
        "worker_key": worker(1).worker_key,
    }
    cases: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
        (RELIEF, ids, [("/organization_id", "not_asked"), ("/worker_key", "not_asked")]),
        (WORKER, {"organization_id": home.organization_id}, [("/worker_key", "missing")]),
        (BATH, {"senior_id": old.senior_id}, [("/organization_id", "missing")]),
    ]
    for programme, given, wrong in cases:
        row: dict[str, Any] = {RELIEF: POOR, WORKER: {"employed_since": "2020-01-01"}, BATH: baths(1)[0]}[programme]
        assert problem(await office.apply(programme, row, status=422, **given)) == wrong
    not_a_home = await office.apply(BUILD, BEDS, organization_id=centre.organization_id, status=422)
    assert problem(not_a_home) == [("/organization_id", "wrong_kind")]
    unknown = await office.apply(BATH, *baths(1), senior_id=old.senior_id, organization_id=new_id(), status=422)
    assert problem(unknown) == [("/organization_id", "unknown")]
    await office.apply(RELIEF, POOR, senior_id=uuid4(), status=404)
    await office.apply(CENTRE, {"grade": 1}, organization_id=centre.organization_id)


async def test_months_are_those_that_the_formula_can_pay(office: Office) -> None:
    old = senior()
    await office.hear(old)
    who: dict[str, Any] = {"senior_id": old.senior_id}
    several = await office.apply(RELIEF, POOR, last_month="2026-11", status=422, **who)
    assert problem(several) == [("/last_month", "one_month")]
    back = await office.apply(NURSING, {"assessed_level": 3}, last_month="2026-09", status=422, **who)
    assert problem(back) == [("/last_month", "reversed")]
    standing = await office.accepted(NURSING, {"assessed_level": 3}, last_month="2026-12", **who)
    for month in ("2026-10", "2027-01"):
        refused = await office.change(standing, "end", from_month=month, reason="停", status=422)
        assert problem(refused) == [("/from_month", "month")]


async def test_a_second_application_for_the_same_months_waits_until_the_first_is_gone(office: Office) -> None:
    old = senior()
    await office.hear(old)
    who: dict[str, Any] = {"senior_id": old.senior_id}
    row = {"assessed_level": 3}
    first = await office.accepted(NURSING, row, **who)
    known = await office.apply(NURSING, row, first_month="2026-12", status=409, **who)
    assert known["type"].endswith("subsidy/application-known")
    ended = await office.change(first, "end", from_month="2026-12", reason="变更等级")
    await office.apply(NURSING, row, first_month="2026-11", status=409, **who)
    second = await office.apply(NURSING, row, first_month="2026-12", **who)
    await office.withdraw(second)
    await office.withdraw(ended)
    assert (await office.apply(NURSING, row, **who))["state"] == "submitted"


async def test_of_two_clerks_at_once_one_enters_it(office: Office) -> None:
    old = senior()
    await office.hear(old)
    body = {"programme": RELIEF, "first_month": "2026-10", "rows": [POOR], "senior_id": str(old.senior_id)}
    both = [client.post("/v1/applications", json=body) for client in (office.clerk, office.second) for _ in "12"]
    assert sorted(answer.status_code for answer in await asyncio.gather(*both)) == [201, 409, 409, 409]


async def test_another_district_sees_nothing_and_decides_nothing(office: Office) -> None:
    old, home = senior(), institution()
    await office.hear(old, home)
    made = await office.apply(RELIEF, POOR, senior_id=old.senior_id)
    path = f"/v1/applications/{made['id']}"
    assert (await office.ask("/v1/applications", office.neighbour))["items"] == []
    assert (await office.ask("/v1/applications", office.neighbour, senior_id=old.senior_id))["items"] == []
    assert (await office.neighbour.get(path)).status_code == 404
    for step, body in (("accept", {}), ("refuse", {"reason": "x"}), ("withdraw", {"reason": "x"})):
        answer = await office.neighbour.post(f"{path}/{step}", json=body, headers={"if-match": '"1"'})
        assert answer.status_code == 404
    ending = {"from_month": "2026-12", "reason": "x"}
    assert (await office.neighbour.post(f"{path}/end", json=ending, headers={"if-match": '"1"'})).status_code == 404
    wanted = {"programme": RELIEF, "first_month": "2026-11", "rows": [POOR], "senior_id": str(old.senior_id)}
    await office.do("/v1/applications", wanted, office.neighbour, 404)
    assert (await office.ask(path))["version"] == 1


async def test_who_moved_away_does_not_get_it_in_both_districts(office: Office) -> None:
    old = senior()
    await office.hear(old)
    await office.accepted(RELIEF, POOR, senior_id=old.senior_id)
    moved = senior(old.senior_id, version=2, region="321203001000")
    await office.hear(moved)
    body = {"programme": RELIEF, "first_month": "2026-10", "rows": [POOR], "senior_id": str(old.senior_id)}
    refused = await office.do("/v1/applications", body, office.neighbour, 409)
    assert refused["type"].endswith("subsidy/application-known")


@pytest.mark.parametrize("scope", ["read", "write", "decide"])
async def test_each_right_opens_only_its_own_routes(office: Office, scope: str) -> None:
    one = office.running.client(f"subsidy.applications:{scope}")
    path, match = f"/v1/applications/{uuid4()}", {"if-match": '"1"'}
    answers = {
        "read": (await one.get(path)).status_code,
        "write": (await one.post(f"{path}/withdraw", json={"reason": "x"}, headers=match)).status_code,
        "decide": (await one.post(f"{path}/refuse", json={"reason": "x"}, headers=match)).status_code,
    }
    assert answers == {name: 404 if name == scope else 403 for name in answers}


async def test_what_the_register_or_meals_feed_takes_no_applications(town: Town) -> None:
    old = senior()
    await town.hear(old)
    body = {"programme": "longevity_allowance", "first_month": "2026-10", "rows": [{}], "senior_id": str(old.senior_id)}
    refused = await town.do("/v1/applications", body, status=422)
    assert refused["type"].endswith("subsidy/no-applications")
    forms = await town.ask("/v1/application-forms", region=REGION)
    assert not {form["programme"] for form in forms} & {"longevity_allowance", "operating_subsidy", "meal_subsidy"}


def test_every_formula_says_what_an_application_for_it_looks_like() -> None:
    assert set(SHAPES) == set(KINDS)
    assert beds(1)["approved_beds"] == 1
