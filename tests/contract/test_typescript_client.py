"""Clients in TypeScript that a generator makes of the documents, without a warning; the registry's is compiled and
speaks with the running service."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deploy.local.processes import free_port
from tests.contract.test_generated_clients import SHEET
from tests.integration.registry.conftest import EVERYTHING
from tests.integration.registry.samples import HAILING, identity_number, senior
from tests.support import node, tokens
from tests.support.documents import SERVICES, document_of, operations
from tests.support.services import ServiceFactory

SOURCES = Path(__file__).parent / "typescript"
COMPILER = "node_modules/typescript/bin/tsc"


class LosesOneAnswer:
    """A gateway that lost the service's answer to the first registration, after it was committed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.lost = app, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on; answer the first POST in the service's place."""
        if scope["type"] != "http" or scope["method"] != "POST" or self.lost:
            await self.app(scope, receive, send)
            return
        self.lost += 1

        async def forget(_message: Message) -> None:
            pass

        await self.app(scope, receive, forget)
        await Response(status_code=503, headers={"retry-after": "0"})(scope, receive, send)


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The address of an application on a port of this machine."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn tells in no other way
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await running


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a client of each document."""
    folder = tmp_path_factory.mktemp("typescript") / "program"
    shutil.copytree(SOURCES, folder)
    (folder / "node_modules").symlink_to(node.packages(SOURCES))
    for service in SERVICES:
        (folder / f"{service}.json").write_text(json.dumps(document_of(service)), encoding="utf-8")
    done = node.run(folder, "generate.mjs", *(f"{service}.json" for service in SERVICES))
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def compiled(generated: Path) -> Path:
    """The same with everything compiled, as strictly as the compiler can."""
    done = node.run(generated, COMPILER)
    assert (done.returncode, done.stdout) == (0, "")
    return generated


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_has_a_function_of_its_name(generated: Path, service: str) -> None:
    exported = (generated / "clients" / service / "sdk.gen.ts").read_text(encoding="utf-8")
    ids = {operation["operationId"] for _, _, operation in operations(service)}
    names = {"".join((head, *map(str.title, rest))) for head, *rest in (each.split("_") for each in ids)}
    assert {name for name in names if f"export const {name} = " not in exported} == set()


def test_a_document_with_a_fault_is_warned_of(generated: Path) -> None:
    document = json.loads((generated / "credit.json").read_text(encoding="utf-8"))
    operation = next(iter(next(iter(document["paths"].values())).values()))
    schema = {"$ref": "#/components/schemas/Nothing"}
    next(iter(operation["responses"].values()))["content"] = {"application/json": {"schema": schema}}
    (generated / "broken.json").write_text(json.dumps(document), encoding="utf-8")
    try:
        assert "Nothing" in node.run(generated, "generate.mjs", "broken.json").stderr
    finally:
        shutil.rmtree(generated / "clients" / "broken", ignore_errors=True)


@pytest.fixture
async def told(compiled: Path, start_service: ServiceFactory) -> tuple[dict[str, Any], LosesOneAnswer]:
    """What the program printed."""
    registry = await start_service("registry")
    gateway = LosesOneAnswer(registry.app)
    async with served(gateway) as address:
        asked = {
            "baseUrl": address,
            "token": tokens.token(EVERYTHING, ("321202",), client="generated"),
            "seniors": [senior() for _ in range(5)],
            "sheet": SHEET.format(identity_number(), HAILING),
        }
        done = await asyncio.to_thread(node.run, compiled, "made/journey.js", json.dumps(asked))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), gateway


async def test_the_typescript_client_posts_retries_lists_pages_changes_and_sends_a_file(
    told: tuple[dict[str, Any], LosesOneAnswer],
) -> None:
    found, gateway = told
    first, *others = found["registered"]
    assert gateway.lost == 1
    assert (first["status"], first["times"], first["replayed"]) == (201, 2, "true")
    assert [(each["status"], each["times"], each["replayed"]) for each in others] == [(201, 1, None)] * 4
    assert [len(page) for page in found["pages"]] == [2, 2, 1]
    assert sorted(one for page in found["pages"] for one in page) == sorted(each["id"] for each in found["registered"])
    assert [status for status, _ in found["amended"]] == [200, 412]
    assert found["amended"][1][1].endswith("/stale")
    one, again = found["sent"]
    assert one["data"] == again["data"]
    assert (one["replayed"], again["replayed"]) == (None, "true")
