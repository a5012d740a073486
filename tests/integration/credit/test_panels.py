"""Panels of people who sat by themselves, after the hearing; ends by two; and what was there before."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from deploy.local.postgres import Server
from deploy.migrations.run import SERVICES, downgrade, migrate
from shared.database import Scope
from tests.integration.credit.conftest import (
    DECISION,
    HERE,
    NOTICE,
    RECONSIDERATION,
    REVOCATION,
    SITTING,
    STATEMENT,
    Credit,
    day,
    snapshot,
)
from tests.support.database import password
from tests.support.services import ServiceFactory

SPELLINGS = ("chief", " chief", "Chief", "CHIEF ", "ch ief", "\uff23hief")


def said(answer: httpx.Response) -> tuple[int, str]:
    """Status and kind of a refusal; the state of the case after a step."""
    body = answer.json()
    return answer.status_code, body["state"] if answer.is_success else body["type"].split("/")[-1]


async def step(client: httpx.AsyncClient, entry: str, name: str, body: dict[str, Any]) -> tuple[int, str]:
    """Take a step."""
    return said(await client.post(f"/v1/lists/{entry}/{name}", json=body))


async def write(credit: Credit, *statements: str) -> None:
    """Past the service, with its own login, in one transaction."""
    async with credit.service.database.transaction(Scope.everywhere()) as session:
        for statement in statements:
            await session.execute(text(statement))


async def test_one_person_has_one_voice_in_a_sitting_and_is_no_panel(credit: Credit) -> None:
    entry = await credit.heard()
    assert await step(credit.chief(), entry, "decide", DECISION()) == (409, "no-panel")
    answers = [await step(credit.chief(subject=name), entry, "deliberate", SITTING()) for name in SPELLINGS]
    assert answers == [(200, "heard")] + [(409, "illegal-step")] * 5
    assert await step(credit.chief(), entry, "decide", DECISION()) == (409, "no-panel")
    other_day = SITTING(held_on=day(-4))
    assert await step(credit.chief(subject="deputy"), entry, "deliberate", other_day) == (200, "heard")
    decision = DECISION(decided_on=day(-3), listed_on=day(-3))
    assert await step(credit.chief(), entry, "decide", decision) == (409, "no-panel")
    assert await step(credit.chief(subject="deputy"), entry, "deliberate", SITTING()) == (200, "heard")
    assert await step(credit.chief(), entry, "decide", decision) == (200, "decided")


async def test_of_one_persons_voices_at_once_one_is_taken(credit: Credit) -> None:
    entry = await credit.heard()
    clients = [credit.chief(subject=name) for name in SPELLINGS]
    answers = await asyncio.gather(*(step(client, entry, "deliberate", SITTING()) for client in clients))
    assert sorted(status for status, _ in answers) == [200] + [409] * 5


@pytest.mark.parametrize(("waived", "first"), [(False, -6), (True, -8)])
async def test_a_panel_sits_after_the_hearing_only(credit: Credit, waived: bool, first: int) -> None:
    entry = await credit.proposed()
    assert await step(credit.chief(), entry, "deliberate", SITTING()) == (409, "illegal-step")
    await step(credit.clerk(), entry, "notice", NOTICE())
    assert await step(credit.chief(), entry, "deliberate", SITTING(held_on=day(-8))) == (409, "statement-period-runs")
    assert await step(credit.clerk(), entry, "statement", STATEMENT(waived=waived)) == (200, "heard")
    for before in range(-12, first):
        refused = await step(credit.chief(), entry, "deliberate", SITTING(held_on=day(before)))
        assert refused == (409, "statement-period-runs")
    assert await step(credit.chief(), entry, "deliberate", SITTING(held_on=day(1))) == (422, "wrong-dates")
    for member in ("chief", "deputy"):
        assert (await step(credit.chief(subject=member), entry, "deliberate", SITTING(held_on=day(first))))[0] == 200
    early = DECISION(decided_on=day(first - 1))
    assert await step(credit.chief(), entry, "decide", early) == (409, "statement-period-runs")
    assert await step(credit.chief(), entry, "decide", DECISION(decided_on=day(first))) == (200, "decided")


async def test_what_the_subject_says_late_makes_the_panel_sit_again(credit: Credit) -> None:
    entry = await credit.proposed()
    await step(credit.clerk(), entry, "notice", NOTICE())
    await credit.sat(entry)
    assert await step(credit.clerk(), entry, "statement", STATEMENT(received_on=day(-4))) == (200, "heard")
    decision = DECISION(decided_on=day(-3), listed_on=day(-3))
    assert await step(credit.chief(), entry, "decide", decision) == (409, "no-panel")
    for member in ("chief", "deputy"):
        await step(credit.chief(subject=member), entry, "deliberate", SITTING(held_on=day(-4)))
    assert await step(credit.chief(), entry, "decide", decision) == (200, "decided")


LISTS = """
UPDATE list_entries SET state = 'decided', listed_on = noticed_on, decided_by = 'x', decision_no = 'x', decided_on = {}
"""
VOICE = """
INSERT INTO list_steps (step_id, entry_id, region, step, done_on, done_by, client, document_no, next_due_provisional,
    detail)
SELECT gen_random_uuid(), entry_id, region, 'deliberate', {on}, {who}, 'c', 'x', false, '{{}}' FROM list_entries
"""
NO_PANEL = {
    "nobody sat": (),
    "one sat": (VOICE.format(on="panel_from", who="'a'"),),
    "the proposer sat": tuple(VOICE.format(on="panel_from", who=who) for who in ("'a'", "upper(proposed_by)")),
    "they sat apart": tuple(VOICE.format(on=f"panel_from + {n}", who=f"'{n}'") for n in range(2)),
    "they sat too early": tuple(VOICE.format(on="panel_from - 1", who=who) for who in ("'a'", "'b'")),
    "they sat afterwards": tuple(VOICE.format(on="panel_from + 3", who=who) for who in ("'a'", "'b'")),
}


@pytest.mark.parametrize("what", NO_PANEL)
async def test_the_database_too_lists_nobody_without_a_panel(credit: Credit, what: str) -> None:
    entry = await credit.heard()
    with pytest.raises(IntegrityError, match="panel_sat"):
        await write(credit, *NO_PANEL[what], LISTS.format("panel_from + 2"))
    assert (await credit.clerk().get(f"/v1/lists/{entry}")).json()["listed_on"] is None


async def test_the_database_too_gives_one_person_one_voice(credit: Credit) -> None:
    await credit.heard()
    with pytest.raises(IntegrityError, match="list_steps_voice"):
        await write(credit, *(VOICE.format(on="panel_from", who=who) for who in ("'chief'", "' CHIEF'")))


async def test_the_database_too_ends_no_listing_by_one(credit: Credit) -> None:
    await credit.published()
    for by in ("NULL, ended_by = 'x'", "'x', ended_by = NULL", "'x', ended_by = ' X'"):
        with pytest.raises(IntegrityError, match=r"ended_by_two|four_eyes"):
            await write(
                credit, f"UPDATE list_entries SET state = 'revoked', delisted_on = listed_on, end_asked_by = {by}"
            )


async def test_who_decided_a_listing_neither_revokes_nor_shortens_it_alone(credit: Credit) -> None:
    entry = await credit.published()
    both = ("credit.lists:read", "credit.lists:propose", "credit.lists:decide")
    chief = credit.service.client(*both, subject="chief")
    for asked in ({}, {"delisted_on": day(0)}):
        assert await step(chief, entry, "reconsider", RECONSIDERATION(**asked)) == (200, "published")
        for name in SPELLINGS:
            again = credit.service.client(*both, subject=name, client="other")
            assert await step(again, entry, "revoke", REVOCATION()) == (403, "four-eyes")
    assert await step(credit.chief(subject="deputy"), entry, "revoke", REVOCATION()) == (200, "revoked")
    assert (await credit.said())[-1][1]["delisted_on"] == day(0)  # as it was asked for last


OLD = """
SET search_path = credit;
SET timezone = 'Asia/Shanghai';
INSERT INTO list_entries (entry_id, region, version, state, subject_id, subject_kind, subject_name, list_kind,
    legal_basis, ground, document_no, facts, proposed_by, noticed_on, statement_until, decided_by, decided_on,
    decision_no, served_on, listed_on, delisted_on, delisted_reason)
SELECT ('01980000-0000-7000-8000-00000000000' || n)::uuid, '321202000000', 3, state,
    ('01980000-0000-7000-8000-00000000010' || n)::uuid, 'organization', '某院', 'joint_discipline', 'mca-2019-103',
    'no_report', '立1号', '事实', 'clerk', current_date - 10, current_date - 7, decided, decided_on,
    decided, decided_on, decided_on, delisted_on, CASE WHEN delisted_on IS NULL THEN NULL ELSE state END
FROM (VALUES (1, 'heard', NULL, NULL, NULL), (2, 'heard', NULL, NULL, NULL), (3, 'noticed', NULL, NULL, NULL),
    (4, 'served', 'chief', current_date - 9, NULL), (5, 'revoked', 'chief', current_date - 9, current_date - 5),
    (6, 'repaired', 'Clerk', current_date - 9, current_date - 5)) v (n, state, decided, decided_on, delisted_on);
INSERT INTO list_steps (step_id, entry_id, region, step, done_on, done_by, client, document_no, next_due_provisional,
    detail)
SELECT gen_random_uuid(), ('01980000-0000-7000-8000-00000000000' || n)::uuid, '321202000000', 'statement',
    current_date - 8, 'clerk', 'c', 'x', false, jsonb_build_object('waived', n = 2) FROM generate_series(1, 2) n;
INSERT INTO records (record_id, region, version, subject_id, subject_kind, subject_name, kind, record_class, facts,
    legal_basis, document_no, issuer, issued_on, published, repaired_on, repair_no, recorded_by)
VALUES ('01980000-0000-7000-8000-000000000007', '321202000000', 2, '01980000-0000-7000-8000-000000000101',
    'organization', '某院', 'penalty', 'minor', '事实', '依据', '罚1号', '局', current_date - 10, false,
    current_date - 3, '修1号', 'clerk');
"""


async def test_what_was_decided_and_ended_before_stays_and_what_is_open_goes_on(
    start_service: ServiceFactory, postgres: Server, database_name: str
) -> None:
    url = postgres.superuser_url(database_name)
    await downgrade(url, "credit", "credit_0005_audit_waits")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute(OLD)
    finally:
        await connection.close()
    await migrate(url, {service: password(service) for service in SERVICES})
    credit = Credit(await start_service("credit", roles="api"))
    await credit.hears(snapshot(HERE, "321202000000"))
    items = (await credit.clerk().get("/v1/lists", params={"limit": 20})).json()["items"]
    assert [item["state"] for item in items] == ["repaired", "revoked", "served", "noticed", "heard", "heard"]
    whole = [(await credit.clerk().get(f"/v1/lists/{item['entry_id']}")).json() for item in items]
    assert [one["panel_from"] for one in whole] == [None, None, None, day(-6), day(-8), day(-6)]
    assert (await credit.clerk().get("/v1/records", params={"include_ended": True})).json()["items"][0]["repaired_on"]
    served, heard = items[2]["entry_id"], items[5]["entry_id"]
    await credit.sat(heard)
    assert await step(credit.chief(), heard, "decide", DECISION()) == (200, "decided")
    await step(credit.clerk(), served, "reconsider", RECONSIDERATION())
    assert await step(credit.chief(), served, "revoke", REVOCATION()) == (200, "revoked")
