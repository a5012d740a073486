"""Listing with due process, on a real database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.credit.jobs import expire
from services.credit.lists.aftermath import expire_due
from shared.database import Scope
from tests.integration.credit.conftest import (
    DECISION,
    HERE,
    NOTICE,
    PUBLICATION,
    RECONSIDERATION,
    REPAIR,
    REVOCATION,
    SERVICE,
    SITTING,
    STATEMENT,
    THERE,
    VERIFICATION,
    Credit,
    as_day,
    day,
    person,
    proposal,
)

PERSON = {
    "kind": "person",
    "subject_id": "01980000-0000-7000-8000-0000000000f1",
    "name": "张三丰",
    "region": "321202000000",
}


async def test_a_decision_lists_the_subject_from_its_day_and_says_so_on_the_bus(credit: Credit) -> None:
    entry = await credit.published()
    answer = (await credit.clerk().get(f"/v1/lists/{entry}")).json()
    assert answer["state"] == "published"
    assert [step["step"] for step in answer["steps"]] == [
        "propose",
        "notice",
        "statement",
        *("deliberate", "deliberate"),
        "decide",
        "serve",
        "publish",
    ]
    by = "clerk clerk clerk chief deputy chief clerk clerk"
    assert [step["done_by"] for step in answer["steps"]] == by.split()
    assert answer["steps"][5]["detail"]["panel"] == {"held_on": day(-6), "members": ["chief", "deputy"]}
    assert all(step["document_no"] for step in answer["steps"])
    assert answer["effects"] == ["key_supervision", "no_purchase", "no_subsidy"]
    assert (answer["listed_on"], answer["repair_from"][5:]) == (day(-5), day(-5)[5:])
    [(kind, event)] = await credit.said()
    assert (kind, event["subject_id"], event["listed_on"]) == ("listed", str(HERE), day(-5))
    assert (event["decision_id"], event["document_no"]) == (entry, "决〔2026〕1号")
    assert event["until"] == answer["until"]
    assert "103号" in event["legal_basis"]
    assert "no_subsidy" in event["effects"]


async def test_what_the_basis_leaves_open_is_said_with_the_entry(credit: Credit) -> None:
    entry = await credit.heard()
    answer = (await credit.clerk().get(f"/v1/lists/{entry}")).json()
    assert len(answer["open_questions"]) == 6
    assert all(step["next_due_on"] is None for step in answer["steps"])


async def test_the_database_too_refuses_a_decision_by_the_proposer(credit: Credit) -> None:
    entry = await credit.heard()
    with pytest.raises(IntegrityError, match="four_eyes"):
        async with credit.service.database.transaction(Scope.everywhere()) as session:
            await session.execute(
                text("UPDATE list_entries SET decided_by = proposed_by, decided_on = noticed_on, decision_no = 'x'")
            )
    assert (await credit.clerk().get(f"/v1/lists/{entry}")).json()["state"] == "heard"


async def test_the_database_too_refuses_a_listing_without_a_decision(credit: Credit) -> None:
    await credit.heard()
    with pytest.raises(IntegrityError):
        async with credit.service.database.transaction(Scope.everywhere()) as session:
            await session.execute(text("UPDATE list_entries SET state = 'decided', listed_on = noticed_on"))


async def test_the_steps_of_a_case_cannot_be_changed(credit: Credit) -> None:
    await credit.proposed()
    for statement in ("UPDATE list_steps SET done_by = 'x'", "DELETE FROM list_steps"):
        with pytest.raises(Exception, match="permission denied"):
            async with credit.service.database.transaction(Scope.everywhere()) as session:
                await session.execute(text(statement))


async def test_of_two_deciders_at_once_one_wins_and_one_event_is_written(credit: Credit) -> None:
    entry = await credit.heard()
    await credit.sat(entry)
    answers = await asyncio.gather(
        *(credit.chief(subject=f"chief-{n}").post(f"/v1/lists/{entry}/decide", json=DECISION()) for n in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    winner = next(answer.json()["decided_by"] for answer in answers if answer.status_code == 200)
    assert (await credit.clerk().get(f"/v1/lists/{entry}")).json()["decided_by"] == winner
    assert len(await credit.said()) == 1


async def test_of_two_proposals_at_once_on_one_subject_one_wins(credit: Credit) -> None:
    answers = await asyncio.gather(*(credit.clerk().post("/v1/lists", json=proposal()) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("statement", STATEMENT()),
        ("decide", DECISION()),
        ("serve", SERVICE()),
        ("publish", PUBLICATION()),
        ("deliberate", SITTING()),
        ("verify", VERIFICATION()),
        ("repair", REPAIR()),
        ("reconsider", RECONSIDERATION()),
        ("revoke", REVOCATION()),
    ],
)
async def test_a_step_that_skips_another_is_refused_and_changes_nothing(
    credit: Credit, step: str, body: dict[str, Any]
) -> None:
    entry = await credit.proposed()
    client = credit.chief() if step in {"deliberate", "decide", "repair", "revoke"} else credit.clerk()
    answer = await client.post(f"/v1/lists/{entry}/{step}", json=body)
    assert (answer.status_code, answer.json()["type"].split("/")[-1]) == (409, "illegal-step")
    assert (await credit.clerk().get(f"/v1/lists/{entry}")).json()["version"] == 1


async def test_without_a_statement_nobody_decides_before_the_period_ends(credit: Credit) -> None:
    entry = await credit.proposed()
    notice = NOTICE(statement_until=day(0))
    assert (await credit.clerk().post(f"/v1/lists/{entry}/notice", json=notice)).status_code == 200
    for step, body in (("deliberate", SITTING()), ("decide", DECISION())):
        answer = await credit.chief().post(f"/v1/lists/{entry}/{step}", json=body)
        assert (answer.status_code, answer.json()["type"].split("/")[-1]) == (409, "statement-period-runs")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"listed_on": day(-11)}, "/listed_on"),
        ({"decided_on": day(1)}, "/decided_on"),
        ({"decided_on": day(-11)}, "/decided_on"),
        ({"effects": ["no_subsidy", "prison"]}, "/effects"),
    ],
)
async def test_a_decision_with_impossible_dates_or_effects_is_refused(
    credit: Credit, changes: dict[str, Any], pointer: str
) -> None:
    entry = await credit.heard()
    await credit.sat(entry)
    answer = await credit.chief().post(f"/v1/lists/{entry}/decide", json=DECISION(**changes))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_case_can_end_without_a_listing_and_then_be_opened_again(credit: Credit) -> None:
    entry = await credit.heard()
    answer = await credit.chief().post(f"/v1/lists/{entry}/decide", json=DECISION(outcome="not_listed"))
    assert (answer.status_code, answer.json()["state"], answer.json()["listed_on"]) == (200, "dropped", None)
    assert await credit.said() == []
    assert await credit.proposed() != entry


async def test_repair_waits_for_its_first_day_and_then_lifts_the_listing(credit: Credit) -> None:
    entry = await credit.published()
    early = await credit.clerk().post(f"/v1/lists/{entry}/verify", json=VERIFICATION())
    assert (early.status_code, early.json()["type"].split("/")[-1]) == (409, "repair-too-early")
    async with credit.service.database.transaction(Scope.everywhere()) as session:
        await session.execute(text("UPDATE list_entries SET repair_from = served_on"))
    alone = await credit.chief().post(f"/v1/lists/{entry}/repair", json=REPAIR())
    assert (alone.status_code, alone.json()["type"].split("/")[-1]) == (409, "illegal-step")
    assert (await credit.clerk().post(f"/v1/lists/{entry}/verify", json=VERIFICATION())).status_code == 200
    answer = await credit.chief().post(f"/v1/lists/{entry}/repair", json=REPAIR())
    assert (answer.status_code, answer.json()["state"]) == (200, "repaired")
    assert (answer.json()["end_asked_by"], answer.json()["ended_by"]) == ("clerk", "chief")
    kind, event = (await credit.said())[-1]
    assert (kind, event["decision_id"], event["delisted_on"], event["reason"]) == (
        "delisted",
        entry,
        day(-1),
        "repaired",
    )
    assert (await credit.clerk().get("/v1/lists", params={"on": day(-1)})).json()["items"] == []
    assert len((await credit.clerk().get("/v1/lists", params={"on": day(-2)})).json()["items"]) == 1


async def test_a_revoked_listing_never_had_effect(credit: Credit) -> None:
    entry = await credit.published()
    alone = await credit.chief().post(f"/v1/lists/{entry}/revoke", json=REVOCATION())
    assert (alone.status_code, alone.json()["type"].split("/")[-1]) == (409, "illegal-step")
    asked = await credit.clerk().post(f"/v1/lists/{entry}/reconsider", json=RECONSIDERATION())
    assert (asked.status_code, asked.json()["state"], asked.json()["delisted_on"]) == (200, "published", None)
    answer = await credit.chief().post(f"/v1/lists/{entry}/revoke", json=REVOCATION())
    assert (answer.json()["state"], answer.json()["delisted_on"]) == ("revoked", day(-5))
    assert (await credit.said())[-1][1]["delisted_on"] == day(-5)
    assert (await credit.clerk().get("/v1/lists", params={"on": day(-5)})).json()["items"] == []


async def test_an_entry_ends_on_the_day_after_its_last_day_and_only_once(credit: Credit) -> None:
    entry = await credit.published()
    last = as_day((await credit.clerk().get(f"/v1/lists/{entry}")).json()["until"])
    await expire(credit.service.kernel, {})
    ended = []
    for today in (last, last + timedelta(days=1), last + timedelta(days=2)):
        async with credit.service.database.transaction(Scope.everywhere()) as session:
            ended.append(await expire_due(session, today, 10))
    assert ended == [0, 1, 0]
    kind, event = (await credit.said())[-1]
    assert (kind, event["reason"]) == ("delisted", "expired")
    assert as_day(event["delisted_on"]) == last + timedelta(days=1)
    assert (await credit.clerk().get(f"/v1/lists/{entry}")).json()["state"] == "expired"


async def test_a_district_sees_and_touches_only_its_own(credit: Credit) -> None:
    entry = await credit.heard()
    other = credit.clerk("321203")
    assert (await other.get("/v1/lists")).json()["items"] == []
    assert (await other.get(f"/v1/lists/{entry}")).status_code == 404
    assert (await other.post(f"/v1/lists/{entry}/notice", json=NOTICE())).status_code == 404
    assert (await credit.chief("321203").post(f"/v1/lists/{entry}/decide", json=DECISION())).status_code == 404
    there = proposal({"kind": "organization", "subject_id": str(THERE)})
    assert (await credit.clerk().post("/v1/lists", json=there)).status_code == 422
    somebody = await other.post("/v1/lists", json=proposal(PERSON))
    assert (somebody.status_code, somebody.json()["type"].split("/")[-1]) == (403, "outside-region")
    assert len((await credit.clerk("3212").get("/v1/lists")).json()["items"]) == 1


async def test_a_persons_name_is_masked_and_nowhere_stored_whole(credit: Credit) -> None:
    await credit.hears(person(PERSON["subject_id"]))
    entry = await credit.heard(PERSON)
    await credit.sat(entry)
    assert (await credit.chief().post(f"/v1/lists/{entry}/decide", json=DECISION())).status_code == 200
    [item] = (await credit.clerk().get("/v1/lists")).json()["items"]
    assert item["subject_name"] == "张*"
    assert item["effects"] == ["key_supervision", "no_employment", "no_leadership"]
    assert not {"facts", "steps", "proposed_by", "decided_by"} & item.keys()
    stored = [str(await credit.rows(f"SELECT t::text FROM {table} t")) for table in ("list_entries", "list_steps")]
    assert "三丰" not in "".join(stored)
    assert "三丰" not in str(await credit.said())


async def test_pages_follow_each_other_without_gap_or_repeat(credit: Credit) -> None:
    ids = [f"01980000-0000-7000-8000-0000000001{n:02d}" for n in range(5)]
    await credit.hears(*map(person, ids))
    wanted = {await credit.proposed(PERSON | {"subject_id": each}) for each in ids}
    seen: list[str] = []
    cursor = None
    while True:
        page = (
            await credit.clerk().get("/v1/lists", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [item["entry_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert (len(seen), set(seen)) == (5, wanted)
    assert (await credit.clerk().get("/v1/lists", params={"cursor": "WyJ4Il0"})).status_code == 422


async def test_a_stale_version_is_refused_and_the_right_one_goes_through(credit: Credit) -> None:
    entry = await credit.proposed()
    read = await credit.clerk().get(f"/v1/lists/{entry}")
    stale = await credit.clerk().post(f"/v1/lists/{entry}/notice", json=NOTICE(), headers={"if-match": '"7"'})
    assert stale.status_code == 412
    fresh = await credit.clerk().post(
        f"/v1/lists/{entry}/notice", json=NOTICE(), headers={"if-match": read.headers["etag"]}
    )
    assert (fresh.status_code, fresh.headers["etag"][:3]) == (200, '"2-')


async def test_a_repeated_decision_with_the_same_key_is_answered_once(credit: Credit) -> None:
    entry = await credit.heard()
    await credit.sat(entry)
    headers = {"idempotency-key": "k-1"}
    first, second = [
        await credit.chief().post(f"/v1/lists/{entry}/decide", json=DECISION(), headers=headers) for _ in range(2)
    ]
    assert (first.status_code, second.status_code, first.content) == (200, 200, second.content)
    assert len(await credit.said()) == 1


async def test_proposals_and_decisions_stand_in_an_unbroken_audit_log(credit: Credit) -> None:
    await credit.published()
    auditor = credit.service.client("audit:read", regions=("3212",), client="auditor")
    actions = [item["action"] for item in (await auditor.get("/v1/audit")).json()["items"]]
    assert {"credit.list.propose", "credit.list.decide"} <= set(actions)
    assert (await auditor.get("/v1/audit/verification")).json()["unbroken"]
