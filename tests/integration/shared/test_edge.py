"""The edge: a request is one transaction, and nothing wrong with it is ever a 500."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from sqlalchemy import text

from shared.database import Scope
from shared.errors import PROBLEM_JSON
from tests.support import tokens
from tests.support.services import RunningService

pytestmark = pytest.mark.asyncio(loop_scope="module")
REGION = "321202001000"
BEAR = {"name": "bear", "region": REGION, "price": "12.50"}
READ, WRITE = "toy.toys:read", "toy.toys:write"


async def rows(service: RunningService) -> int:
    async with service.database.transaction(Scope.everywhere()) as session:
        return int(await session.scalar(text("SELECT count(*) FROM toys")))


def assert_problem(answer: httpx.Response, status: int, slug: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM_JSON
    body = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    if slug:
        assert body["type"].endswith(f"/{slug}")


async def test_what_is_answered_is_committed(service: RunningService) -> None:
    async with service.client(READ, WRITE) as http:
        made = await http.post("/v1/toys", json=BEAR)
        assert made.status_code == 201
        assert made.json()["price"] == "12.50"
        assert await rows(service) == 1
        assert (await http.get(f"/v1/toys/{made.json()['id']}")).json()["name"] == "bear"


async def test_a_commit_that_fails_is_a_500_and_leaves_nothing(service: RunningService) -> None:
    async with service.client(WRITE) as http:
        answer = await http.post("/v1/toys", json=BEAR | {"name": "fails at commit"})
        assert_problem(answer, 500, "internal")
        keyed = await http.post("/v1/toys", json=BEAR | {"name": "fails at commit"}, headers={"idempotency-key": "k"})
        assert_problem(keyed, 500)
        assert await rows(service) == 0
        again = await http.post("/v1/toys", json=BEAR, headers={"idempotency-key": "k"})
        assert again.status_code == 201


async def test_what_a_unique_index_refuses_is_a_409_and_tells_nothing(service: RunningService) -> None:
    async with service.client(WRITE) as http:
        answer = await http.post("/v1/toys", json=BEAR | {"name": "is taken"})
        assert_problem(answer, 409, "conflict")
        assert "taken" not in answer.text
        assert await rows(service) == 0


@pytest.mark.parametrize(("name", "status"), [("problem", 404), ("crash", 500)])
async def test_a_handler_that_raises_leaves_nothing_and_tells_nothing(
    service: RunningService, name: str, status: int
) -> None:
    async with service.client(WRITE) as http:
        answer = await http.post("/v1/toys/fails", json=BEAR | {"name": name, "note": "hidden treasure"})
        assert_problem(answer, status)
        assert "treasure" not in answer.text
        assert await rows(service) == 0


async def test_a_missing_token_is_401_before_anything_else(service: RunningService) -> None:
    async with service.anonymous() as http:
        answer = await http.post("/v1/toys", content=b"\xff not json")
        assert_problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scopes", [(), (READ,), ("toy.toys",), ("toy.toys:*",)])
async def test_a_missing_scope_is_403_before_the_body_is_read(service: RunningService, scopes: tuple[str, ...]) -> None:
    async with service.client(*scopes) as http:
        assert_problem(await http.post("/v1/toys", content=b"\xff not json"), 403, "forbidden")
        assert_problem(await http.post("/v1/toys", content=b"x" * 9_000_000), 403, "forbidden")


async def test_a_body_over_the_limit_is_413_whether_or_not_its_length_is_told(service: RunningService) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1_000_000

    async with service.client(WRITE) as http:
        for body in (b"x" * 9_000_000, chunks()):
            for headers in ({}, {"idempotency-key": "k"}):
                answer = await http.post(
                    "/v1/toys", content=body, headers={"content-type": "application/json"} | headers
                )
                assert_problem(answer, 413, "too-large")
                if not isinstance(body, bytes):
                    break
    assert await rows(service) == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"{'a': 1}", 400),
        (b'{"name": "bear",}', 400),
        (b"\xff\xfe\x00", 400),
        (b'{"name": "\xff"}', 400),
        (b"[" * 200_000, 400),
        (b'{"a":' * 100_000, 400),
        (b'{"note": ' + b"[" * 900 + b"]" * 900 + b"}", 422),
        (b"null", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b"NaN", 422),
        (b"1" * 10_000, 400),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_a_body_that_cannot_be_read_is_the_client_s_error(
    service: RunningService, body: bytes, status: int
) -> None:
    async with service.client(WRITE) as http:
        for headers in ({}, {"idempotency-key": "k"}):
            sent = {"content-type": "application/json", **headers}
            assert_problem(await http.post("/v1/toys", content=body, headers=sent), status)


GOOD_JSON = '"name": "bear", "region": "321202001000"'


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "be\\u0000ar", "region": "321202001000"}',
        '{"name": "be\\ud800ar", "region": "321202001000"}',
        '{"name": "be\\u001bar", "region": "321202001000"}',
        "{" + GOOD_JSON + ', "price": NaN}',
        "{" + GOOD_JSON + ', "price": 1e400}',
        "{" + GOOD_JSON + ', "price": "99999999999999999999"}',
        "{" + GOOD_JSON + ', "price": 99999999999999999999}',
        "{" + GOOD_JSON + ', "other": 1}',
        "{" + GOOD_JSON + ', "\\ud800": 1}',
        "{" + GOOD_JSON + ', "\\u0000": 1}',
        "{" + GOOD_JSON + ', "vendor_id": "x"}',
        '{"name": "bear", "region": "32120200100"}',
        '{"name": "bear", "region": "３２１２０２００１０００"}',
        '{"name": "' + "x" * 101 + '", "region": "321202001000"}',
        '{"name": {"$ne": 1}, "region": "321202001000"}',
    ],
)
async def test_a_wrong_value_is_422_with_its_place_and_nothing_is_written(service: RunningService, body: str) -> None:
    async with service.client(WRITE) as http:
        for lang in ("zh", "en"):
            answer = await http.post(
                "/v1/toys",
                content=body.encode(),
                headers={"content-type": "application/json", "accept-language": lang, "idempotency-key": lang},
            )
            assert_problem(answer, 422)
            assert "vary" in answer.headers
    assert await rows(service) == 0


async def test_not_a_number_where_a_number_is_allowed_never_breaks_the_answer(service: RunningService) -> None:
    async with service.client(WRITE) as http:
        for value in ("NaN", "Infinity", "-Infinity", "1e999"):
            answer = await http.post(
                "/v1/toys",
                content=("{" + GOOD_JSON + f', "weight": {value}}}').encode(),
                headers={"content-type": "application/json"},
            )
            assert answer.status_code in {201, 422}
            answer.json()


async def test_the_last_of_two_equal_names_in_an_object_counts(service: RunningService) -> None:
    async with service.client(WRITE) as http:
        answer = await http.post(
            "/v1/toys",
            content=b'{"name": "first", "name": "second", "region": "321202001000"}',
            headers={"content-type": "application/json"},
        )
        assert answer.json()["name"] == "second"


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "gzip, identity", "zstd"])
async def test_a_packed_body_is_415_and_not_taken_for_broken_json(service: RunningService, encoding: str) -> None:
    packed = gzip.compress(orjson.dumps(BEAR))
    head = {"content-type": "application/json", "content-encoding": encoding}
    async with service.client(READ, WRITE) as http:
        before = await rows(service)
        assert_problem(await http.post("/v1/toys", content=packed, headers=head), 415, "media-type")
        assert await rows(service) == before
        plain = head | {"content-encoding": "identity"}
        assert (
            await http.post("/v1/toys", content=orjson.dumps(BEAR | {"name": encoding}), headers=plain)
        ).status_code == 201


async def test_another_media_type_is_not_taken_for_json(service: RunningService) -> None:
    async with service.client(WRITE) as http:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "nonsense", ""):
            answer = await http.post("/v1/toys", content=b'{"name": "x"}', headers={"content-type": kind})
            assert_problem(answer, answer.status_code)
            assert answer.status_code in {415, 422}


@pytest.mark.parametrize("name", ["%00", "a%00b", "%FF%FE", "%ED%A0%80", "%F0%9F%90%BB", "'", "%25", "a" * 5000])
async def test_any_text_in_a_path_is_answered(service: RunningService, name: str) -> None:
    async with service.client(READ) as http:
        answer = await http.get(f"/v1/toys/named/{name}")
        assert answer.status_code in {404, 422}
        assert_problem(answer, answer.status_code)


@pytest.mark.parametrize("price", [2**31, 2**63, -(2**63) - 1, 10**400])
async def test_any_integer_in_a_path_is_answered(service: RunningService, price: int) -> None:
    async with service.client(READ) as http:
        answer = await http.get(f"/v1/toys/priced/{price}")
        assert answer.status_code == (200 if price == 2**31 else 422), answer.text


async def test_what_is_not_there_is_a_problem_too(service: RunningService) -> None:
    async with service.client(READ, WRITE) as http:
        assert_problem(await http.get("/v1/nothing"), 404, "not-found")
        assert_problem(await http.get(f"/v1/toys/{uuid4()}"), 404, "no-toy")
        assert_problem(await http.get("/v1/toys/not-a-uuid"), 422)
        refused = await http.request("PUT", "/v1/toys")
        assert_problem(refused, 405, "method")
        assert set(refused.headers["allow"].split(", ")) & {"GET", "POST"}
        assert_problem(await http.get("/v1/toys/"), 404)
        assert_problem(await http.request("BREW", "/v1/toys"), 405)


async def test_a_problem_speaks_the_language_asked_for(service: RunningService) -> None:
    async with service.client(READ) as http:
        for lang, title in (("zh", "没有这个玩具"), ("en", "There is no such toy")):
            answer = await http.get(f"/v1/toys/{uuid4()}", headers={"accept-language": lang})
            assert answer.json()["title"] == title
            assert answer.headers["content-language"].startswith(lang)


async def test_an_update_needs_the_version_that_was_read(service: RunningService) -> None:
    async with service.client(READ, WRITE) as http:
        made = await http.post("/v1/toys", json=BEAR)
        toy, tag = f"/v1/toys/{made.json()['id']}", made.headers["etag"]
        path = f"{toy}?name=lion"
        assert_problem(await http.patch(path), 428, "if-match-required")
        assert_problem(await http.patch(path, headers={"if-match": '"7"'}), 412, "stale")
        assert (await http.patch(path, headers={"if-match": tag})).json()["version"] == 2
        assert_problem(await http.patch(path, headers={"if-match": tag}), 412)
        assert (await http.get(toy)).headers["etag"].startswith('"2-')


async def test_of_two_updates_at_once_one_is_stale(service: RunningService) -> None:
    async with service.client(READ, WRITE) as http:
        made = await http.post("/v1/toys", json=BEAR)
        path = f"/v1/toys/{made.json()['id']}"
        answers = await asyncio.gather(
            *(http.patch(f"{path}?name=n{n}", headers={"if-match": '"1"'}) for n in range(4))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


@pytest.mark.parametrize("change", [{"exp": 1}, {"aud": "x"}, {"regions": "3212"}, {"organization": 5}])
async def test_a_bad_token_is_401_at_every_route(service: RunningService, change: dict[str, object]) -> None:
    bad = tokens.bearer(tokens.token([READ, WRITE], changes=change))
    async with service.anonymous(bad) as http:
        for method, path in (("GET", "/v1/toys"), ("POST", "/v1/toys"), ("PATCH", f"/v1/toys/{UUID(int=1)}")):
            assert_problem(await http.request(method, path), 401)
        assert_problem(await http.get("/v1/audit"), 401)


async def test_the_handler_knows_language_and_kernel(service: RunningService) -> None:
    async with service.client(READ) as http:
        assert (await http.get("/v1/toys/language", headers={"accept-language": "en"})).json() == "en"
        assert (await http.get("/v1/toys/kernel/service")).json() == "credit"
