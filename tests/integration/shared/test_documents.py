"""What a running service says of itself: documents, health, metrics."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from openapi_spec_validator import validate
from sqlalchemy import text

from deploy.local import postgres as local_postgres
from shared.database import Scope
from shared.errors import PROBLEM_JSON
from tests.integration.shared.conftest import StartToy
from tests.integration.shared.test_edge import BEAR, READ, WRITE
from tests.support import toy
from tests.support.database import TEMPLATE, server
from tests.support.services import RunningService, settings_for


@pytest.fixture
async def own(start_toy: StartToy) -> RunningService:
    """A service of this test's own."""
    return await start_toy(roles="api")


async def test_the_openapi_document_is_valid_complete_and_the_same_every_time(own: RunningService) -> None:
    async with own.anonymous() as http:
        document: dict[str, Any] = (await http.get("/openapi.json")).json()
        assert (await http.get("/openapi.json")).json() == document
    validate(document)
    assert document["servers"][0]["url"] == f"/{toy.HOME}"
    operations = [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post", "patch"}
    ]
    assert len(operations) > 12
    for method, path, operation in operations:
        assert operation["summary"], path
        assert not operation["summary"].isascii(), path
        assert [list(each) for each in operation["security"]] == [["oauth2"]], path
        answers = operation["responses"]
        assert {"400", "401", "403", "422", "503"} <= answers.keys(), path
        assert ("413" in answers) == ("requestBody" in operation), path
        named = [p["name"] for p in operation.get("parameters", [])]
        assert ("Idempotency-Key" in named) == (method == "post"), path
        for status, answer in answers.items():
            if int(status) >= 400:
                assert list(answer["content"]) == [PROBLEM_JSON], (path, status)
                assert answer["content"][PROBLEM_JSON]["schema"] == {"$ref": "#/components/schemas/ProblemBody"}
    assert "no-toy" in document["paths"]["/v1/toys/{toy_id}"]["get"]["responses"]["404"]["description"]
    assert "HTTPValidationError" not in str(document)


async def test_the_document_lists_every_scope_with_its_meaning(own: RunningService) -> None:
    async with own.anonymous() as http:
        document = (await http.get("/openapi.json")).json()
    scopes = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"]
    assert scopes.keys() == {"toy.toys:read", "toy.toys:write", "toy.toys:reveal", "audit:read", "events:replay"}
    assert scopes["toy.toys:read"] == "read toys 查询玩具"
    assert document["paths"]["/v1/toys"]["post"]["security"] == [{"oauth2": ["toy.toys:write"]}]


async def test_every_answer_of_a_service_is_one_its_document_names(own: RunningService) -> None:
    async with own.anonymous() as http:
        document = (await http.get("/openapi.json")).json()
    async with own.client(READ, WRITE) as http:
        for path, sent in (("/v1/toys", BEAR), ("/v1/toys", {}), ("/v1/toys", [1])):
            answer = await http.post(path, json=sent)
            assert str(answer.status_code) in document["paths"][path]["post"]["responses"]


@pytest.fixture
def own_server() -> Iterator[local_postgres.Server]:
    """A PostgreSQL that this test may kill."""
    with server() as running:
        yield running


async def test_without_a_database_a_service_lives_is_not_ready_and_answers_503_until_it_is_back(
    own_server: local_postgres.Server, tmp_path: Path
) -> None:
    await toy.create_tables(own_server, TEMPLATE)
    settings = settings_for(own_server, TEMPLATE, toy.HOME, tmp_path, roles="api")
    async with toy.toy_service(settings) as own, own.client(READ, WRITE) as http:
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()) == (200, {"ready": True, "checks": {"database": True}})
        own_server.kill()
        for _ in range(3):
            for request in (http.get("/v1/toys"), http.post("/v1/toys", json=BEAR)):
                answer = await request
                assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM_JSON)
                assert answer.headers["retry-after"]
        gone = await http.get("/readyz")
        assert (gone.status_code, gone.json()["checks"]) == (503, {"database": False})
        assert (await http.get("/healthz")).json() == {"status": "alive"}
        again = local_postgres.start(own_server.data_dir)
        try:
            assert (await http.get("/readyz")).status_code == 200
            assert (await http.post("/v1/toys", json=BEAR)).status_code == 201
        finally:
            again.stop()


async def test_a_request_after_the_database_restarted_fails_at_most_once_per_connection(
    own: RunningService, postgres: Any, database_name: str
) -> None:
    async with own.client(READ) as http:
        assert (await http.get("/v1/toys/count")).status_code == 200
        await toy.cut_connections(postgres, database_name)
        statuses = [(await http.get("/v1/toys/count")).status_code for _ in range(8)]
    assert set(statuses) <= {200, 503}
    assert statuses[-1] == 200


async def test_metrics_count_by_route_and_hold_nothing_personal_nor_made_up(own: RunningService) -> None:
    secret = "321202194001010018"
    async with own.client(READ, WRITE) as http:
        toy_id = (await http.post("/v1/toys", json=BEAR | {"name": secret})).json()["id"]
        await http.get(f"/v1/toys/{toy_id}")
        await http.get(f"/v1/toys/named/{secret}?x={secret}")
        await http.get(f"/v1/nothing/{secret}")
        for method in ("MADEUP", "X" * 50):
            await http.request(method, "/v1/toys")
        page = (await http.get("/metrics")).text
    assert 'route="/v1/toys/{toy_id}",service="credit",status="200"' in page
    for word in (secret, toy_id, "MADEUP", "XXXX", "bear", "321202"):
        assert word not in page


@pytest.mark.parametrize("name", ["fails at commit", "crash"])
async def test_the_log_of_an_error_holds_no_value(
    own: RunningService, name: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    async with own.client(WRITE) as http, own.client(READ) as reader:
        assert (await http.post("/v1/toys/fails", json=BEAR | {"name": name, "note": "13912345678"})).status_code == 500
        twin = {"name": "x", "region": BEAR["region"], "note": "13912345678"}
        assert (await http.post("/v1/toys", json=twin)).status_code == 201
        await reader.get("/v1/toys/named/13912345678")
        async with own.database.transaction(Scope.everywhere()) as session:
            await session.execute(text("SELECT 1"))
    out, err = capfd.readouterr()
    told = out + err + caplog.text
    assert "unexpected error" in told
    assert "13912345678" not in told


def test_the_queue_s_own_log_of_failures_is_off() -> None:
    assert not logging.getLogger("pgqueuer").isEnabledFor(logging.ERROR)


async def test_unknown_ids_differ_from_each_other_only_in_their_path(own: RunningService) -> None:
    async with own.client(READ) as http:
        one, two = [(await http.get(f"/v1/toys/{uuid4()}")).json() for _ in range(2)]
    assert one.pop("instance") != two.pop("instance")
    assert one == two
