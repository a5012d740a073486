"""What every request leaves: done or refused, repeated or left, one entry where its auditor sees it."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared import audit, guesses
from shared.auth import Caller
from shared.database import Scope
from shared.trail import touched
from tests.integration.shared.conftest import Superuser
from tests.integration.shared.test_edge import BEAR, WRITE, assert_problem
from tests.support import tokens
from tests.support.services import RunningService
from tests.support.toy import Toy

pytestmark = pytest.mark.asyncio(loop_scope="module")
READ = "toy.toys:read"
KEY = {"idempotency-key": "b5f0"}


async def left(service: RunningService) -> list[dict[str, Any]]:
    """Every entry, in order."""
    await audit.seal(service.database)
    async with service.database.transaction(Scope(())) as session:
        found = await audit.entries(session, 0, 1000)
    return [each.__dict__ | {"detail": each.facts()} for each in found]


async def test_what_is_done_leaves_its_operation_its_target_and_the_region_of_what_was_touched(
    service: RunningService,
) -> None:
    async with service.client(WRITE, READ, regions=["3212"]) as http:
        made = (await http.post("/v1/toys", json=BEAR | {"region": "321203001000"})).json()
        await http.get(f"/v1/toys/{made['id']}")
        await http.get("/v1/toys")
    entries = await left(service)
    assert [each["action"].split("_v1_")[0] for each in entries] == ["keep", "one", "listed"]
    assert [each["target"] for each in entries] == ["/v1/toys", made["id"], "/v1/toys"]
    assert {each["region"] for each in entries} == {"321203001000"}
    assert [each["detail"] for each in entries] == [{"status": 201}, {"status": 200}, {"status": 200}]
    ids = {operation["operationId"] for path in service.app.openapi()["paths"].values() for operation in path.values()}
    assert {each["action"] for each in entries} <= ids


async def test_a_refusal_leaves_an_entry_although_its_transaction_is_rolled_back(service: RunningService) -> None:
    missing = UUID(int=9)
    async with service.client(READ) as reader, service.client(WRITE) as writer:
        refused = [
            await reader.post("/v1/toys", json=BEAR),
            await reader.get(f"/v1/toys/{missing}"),
            await writer.post("/v1/toys", json={}),
            await writer.post("/v1/toys", json=BEAR | {"name": "is taken"}),
            await writer.post("/v1/toys/fails", json=BEAR | {"name": "problem"}),
            await writer.post("/v1/toys/fails", json=BEAR | {"name": "bug"}),
            await writer.post("/v1/toys", content=b"{", headers={"content-type": "application/json"}),
            await writer.patch(f"/v1/toys/{missing}?name=x", headers={"if-match": '"1"'}),
        ]
    entries = await left(service)
    assert [answer.status_code for answer in refused] == [403, 404, 422, 409, 404, 500, 400, 404]
    assert [each["detail"]["status"] for each in entries] == [answer.status_code for answer in refused]
    assert [each["detail"]["problem"] for each in entries] == [
        answer.json()["type"].rpartition("/")[2] for answer in refused
    ]
    assert {(each["region"], each["client"]) for each in entries} == {("321202000000", "clerk")}


async def test_a_token_that_is_over_names_who_is_refused_and_one_that_nobody_signed_names_nobody(
    service: RunningService,
) -> None:
    over = tokens.token([READ], client="late", changes={"exp": int(time.time()) - 60})
    elsewhere = tokens.token([READ], client="astray", changes={"aud": "another"})
    for value in (over, elsewhere, over[:-8] + "AAAAAAAA", "x.y.z"):
        async with service.anonymous(tokens.bearer(value)) as http:
            assert_problem(await http.get("/v1/toys"), 401)
    async with service.anonymous() as http:
        assert_problem(await http.get("/v1/toys"), 401)
    assert [(each["client"], each["detail"]["status"]) for each in await left(service)] == [
        ("late", 401),
        ("astray", 401),
    ]


async def test_a_repeat_by_its_key_is_one_more_entry_and_is_kept_by_nobody(service: RunningService) -> None:
    async with service.client("toy.toys:reveal") as http:
        answers = [await http.post(f"/v1/toys/{UUID(int=5)}/reveal", headers=KEY) for _ in range(3)]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    entries = await left(service)
    assert [each["action"].split("_v1_")[0] for each in entries] == ["toy.reveal", "reveal", "reveal"]
    assert [each["detail"].get("replayed") for each in entries] == [None, True, True]
    assert {each["target"] for each in entries} == {str(UUID(int=5))}


async def test_a_use_case_that_writes_its_own_entry_gets_no_second_one(service: RunningService) -> None:
    async with service.client("toy.toys:reveal") as http:
        await http.post(f"/v1/toys/{UUID(int=5)}/reveal")
    assert [each["action"] for each in await left(service)] == ["toy.reveal"]


async def test_what_a_path_holds_that_is_no_name_is_not_written_down(service: RunningService) -> None:
    async with service.client(READ) as http:
        for name in ("321202194512030012", "张三", "a%00b", "x" * 200, "bear"):
            await http.get(f"/v1/toys/named/{name}")
    assert [each["target"] for each in await left(service)] == ["?", "?", "?", "?", "bear"]


async def test_an_entry_that_cannot_be_written_undoes_what_it_is_about_and_changes_no_refusal(
    service: RunningService, superuser: Superuser
) -> None:
    await superuser("ALTER TABLE audit_waiting ADD CONSTRAINT closed CHECK (false) NOT VALID")
    try:
        async with service.client(WRITE, READ) as http:
            assert (await http.post("/v1/toys", json=BEAR)).status_code >= 500
            assert (await http.get("/v1/toys")).status_code >= 500
            assert_problem(await http.get(f"/v1/toys/{UUID(int=9)}"), 404)
    finally:
        await superuser("ALTER TABLE audit_waiting DROP CONSTRAINT closed")
    async with service.client(READ) as http:
        assert (await http.get("/v1/toys")).json() == []


async def test_requests_do_not_wait_for_each_others_entries(service: RunningService) -> None:
    async with service.client(WRITE) as http:
        began = time.monotonic()
        await asyncio.gather(*(http.post("/v1/toys/slow", json=BEAR) for _ in range(5)))
    assert time.monotonic() - began < 5 * 0.3
    assert len(await left(service)) == 5


@pytest.mark.parametrize(
    ("regions", "filed"),
    [
        (("321202",), "321202000000"),
        (("321202", "321203"), "321200000000"),
        (("321202", "330100"), "321202000000"),
        (("3212", "321203"), "321200000000"),
        (("",), "000000000000"),
        (("321202001005",), "321202001005"),
    ],
)
async def test_what_touches_no_place_is_filed_where_the_caller_is(regions: tuple[str, ...], filed: str) -> None:
    assert audit.region_of(Caller("c", "s", None, frozenset(), regions)) == filed


def _toy(region: str) -> dict[str, Any]:
    return Toy(id=UUID(int=1), version=1, name="x", region=region).model_dump(mode="json")


@pytest.mark.parametrize(
    ("body", "region"),
    [
        (_toy("321202001000"), "321202001000"),
        ([_toy("321202001000"), _toy("321202002000")], "321202000000"),
        ({"items": [_toy("321202001000"), _toy("321203002000")]}, "321200000000"),
        ({"region": "321202001000", "residences": [{"region": "330100000000"}]}, "321202001000"),
        ({"items": []}, ""),
        ("text", ""),
    ],
)
async def test_an_answer_tells_which_region_it_is_about(body: Any, region: str) -> None:
    from fastapi.responses import JSONResponse  # noqa: PLC0415

    assert touched(JSONResponse(body)) == region


async def test_who_misses_too_often_is_told_to_wait_alone(service: RunningService) -> None:
    for _ in range(3):
        await guesses.check(service.database, "curious", 3)
        await guesses.count(service.database, "curious")
    with pytest.raises(guesses.TooManyGuesses) as refused:
        await guesses.check(service.database, "curious", 3)
    assert 0 < refused.value.extra["seconds"] <= 3601
    await guesses.check(service.database, "another", 3)
    async with service.database.transaction(Scope(())) as session:
        assert await session.scalar(text("SELECT missed FROM guesses")) == 3
