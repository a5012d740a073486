"""Idempotency-Key: the first answer again, and nothing done twice."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from shared.database import Scope
from tests.integration.shared.test_edge import BEAR, WRITE, assert_problem, rows
from tests.support.services import RunningService

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEY = {"idempotency-key": "5b0f6f6e"}


async def test_a_repeat_gets_the_same_status_body_and_tag_and_writes_nothing(service: RunningService) -> None:
    async with service.client(WRITE) as http:
        first = await http.post("/v1/toys", json=BEAR, headers=KEY)
        again = await http.post("/v1/toys", json=BEAR, headers=KEY)
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await rows(service) == 1


async def test_without_a_key_a_repeat_is_a_new_request(service: RunningService) -> None:
    async with service.client(WRITE) as http:
        assert (await http.post("/v1/toys", json=BEAR)).content != (await http.post("/v1/toys", json=BEAR)).content


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/toys", BEAR | {"name": "lion"}), ("/v1/toys/twins", BEAR), ("/v1/toys?x=1", BEAR)]
)
async def test_the_same_key_for_another_body_or_address_is_422(
    service: RunningService, path: str, body: dict[str, str]
) -> None:
    async with service.client(WRITE) as http:
        await http.post("/v1/toys", json=BEAR, headers=KEY)
        assert_problem(await http.post(path, json=body, headers=KEY), 422, "idempotency-key-reused")
    assert await rows(service) == 1


async def test_two_clients_with_the_same_key_do_not_meet(service: RunningService) -> None:
    for client in ("a", "b", "a"):
        async with service.client(WRITE, client=client) as http:
            assert (await http.post("/v1/toys", json=BEAR, headers=KEY)).status_code == 201
    assert await rows(service) == 2


async def test_a_client_that_now_sees_less_gets_no_answer_made_for_more(service: RunningService) -> None:
    async with service.client(WRITE, regions=["3212"]) as http:
        await http.post("/v1/toys", json=BEAR, headers=KEY)
    for narrower in ({"regions": ["321203"]}, {"regions": ["3212"], "subject": "somebody else"}):
        async with service.client(WRITE, **narrower) as http:
            assert_problem(await http.post("/v1/toys", json=BEAR, headers=KEY), 422, "idempotency-key-reused")


async def test_a_refusal_is_not_kept(service: RunningService) -> None:
    async with service.client(WRITE) as http:
        assert_problem(await http.post("/v1/toys/fails", json=BEAR | {"name": "problem"}, headers=KEY), 404)
        assert_problem(await http.post("/v1/toys", json={}, headers=KEY), 422)
        assert (await http.post("/v1/toys", json=BEAR, headers=KEY)).status_code == 201


async def test_of_many_at_once_one_writes_and_the_others_wait_or_get_its_answer(service: RunningService) -> None:
    async with service.client(WRITE) as http:
        answers = await asyncio.gather(*(http.post("/v1/toys/slow", json=BEAR, headers=KEY) for _ in range(5)))
        made = {answer.content for answer in answers if answer.status_code == 201}
        assert len(made) == 1
        assert {answer.status_code for answer in answers} == {201, 409}
        for answer in answers:
            if answer.status_code == 409:
                assert_problem(answer, 409, "idempotency-still-running")
        assert (await http.post("/v1/toys/slow", json=BEAR, headers=KEY)).content in made
    assert await rows(service) == 1


async def test_two_scopes_of_one_client_at_once_are_one_key(service: RunningService) -> None:
    async with service.client(WRITE, regions=["3212"]) as wide, service.client(WRITE, regions=["321202"]) as narrow:
        answers = await asyncio.gather(*(h.post("/v1/toys/slow", json=BEAR, headers=KEY) for h in (wide, narrow)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize("key", ["", " ", '""', "x" * 201, "a\tb", "\x7f"])
async def test_a_key_that_is_none_is_400(service: RunningService, key: str) -> None:
    async with service.client(WRITE) as http:
        assert_problem(await http.post("/v1/toys", json=BEAR, headers={"idempotency-key": key}), 400, "malformed")


async def test_any_printable_key_does(service: RunningService) -> None:
    async with service.client(WRITE) as http:
        for key in (b"'; --", b"%00", b"\xe5\xbc\xa0", b"x" * 200, b'"quoted"'):
            for _ in range(2):
                assert (await http.post("/v1/toys", json=BEAR, headers={b"idempotency-key": key})).status_code == 201
    assert await rows(service) == 5


async def test_kept_answers_cannot_be_read_in_the_database(service: RunningService) -> None:
    async with service.client(WRITE) as http:
        await http.post("/v1/toys", json=BEAR | {"name": "张三丰"}, headers=KEY)
    async with service.database.transaction(Scope.everywhere()) as session:
        body = bytes(await session.scalar(text("SELECT body FROM idempotency_keys")))
    assert "张三丰".encode() not in body
    assert b"region" not in body
