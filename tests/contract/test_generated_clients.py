"""Clients that a generator makes of the documents, without a warning; the registry's is used as its reader would."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from tests.integration.registry.conftest import EVERYTHING
from tests.integration.registry.samples import HAILING, identity_number, senior
from tests.support import tokens
from tests.support.documents import SERVICES, document_of, operations
from tests.support.services import RunningService, ServiceFactory

SHEET = "姓名,身份证号,区划代码\n李秀英,{},{}\n"


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ModuleType]]:
    """A package for each service, and what the generator had to say of none of them."""
    folder = tmp_path_factory.mktemp("clients")
    sys.path.insert(0, str(folder))
    yield {service: made(folder, service) for service in SERVICES}
    sys.path.remove(str(folder))


def made(folder: Path, service: str) -> ModuleType:
    """The client of a service, generated and imported."""
    source = folder / f"{service}.json"
    source.write_text(json.dumps(document_of(service), ensure_ascii=False), encoding="utf-8")
    config = Config.from_sources(
        config_file=ConfigFile(post_hooks=[]),
        meta_type=MetaType.NONE,
        document_source=source,
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder / f"{service}_client",
    )
    assert [f"{warning.header}: {warning.detail}" for warning in generate(config=config)] == []
    return importlib.import_module(f"{service}_client")


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_has_a_function_and_every_module_can_be_imported(
    clients: dict[str, ModuleType], service: str
) -> None:
    package = clients[service]
    names = [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    for name in names:
        importlib.import_module(name)
    functions = {name.rpartition(".")[2].replace("_", "") for name in names if ".api." in name}
    ids = {operation["operationId"].lower() for _, _, operation in operations(service)}
    assert ids <= functions


class Library:
    """The registry's client as a program uses it."""

    def __init__(self, package: ModuleType, registry: RunningService) -> None:
        self._package = package.__name__
        self.models = importlib.import_module(f"{self._package}.models")
        self.types = importlib.import_module(f"{self._package}.types")
        token = tokens.token(EVERYTHING, ("321202",), client="generated")
        self.client = package.AuthenticatedClient(base_url="http://registry", token=token)
        transport = httpx.ASGITransport(registry.app)
        self.client.set_async_httpx_client(
            httpx.AsyncClient(transport=transport, base_url="http://registry", headers=tokens.bearer(token))
        )

    async def call(self, tag: str, name: str, *path: Any, **arguments: Any) -> Any:
        """The whole answer of one operation."""
        module = importlib.import_module(f"{self._package}.api.{tag}.{name}")
        return await module.asyncio_detailed(*path, client=self.client, **arguments)

    def senior(self, **changes: Any) -> Any:
        """A person to register."""
        return self.models.SeniorIn.from_dict(senior(**changes))

    def sheet(self, number: str) -> Any:
        """A file to import."""
        payload = BytesIO(SHEET.format(number, HAILING).encode())
        return self.models.SeniorsFile(file=self.types.File(payload, "seniors.csv", "text/csv"))


async def test_the_python_client_posts_lists_pages_changes_and_repeats(
    clients: dict[str, ModuleType], start_service: ServiceFactory
) -> None:
    library = Library(clients["registry"], await start_service("registry"))
    first = await library.call("seniors", "register_senior", body=library.senior(), idempotency_key="k-1")
    assert first.status_code == 201
    for _ in range(2):
        assert (await library.call("seniors", "register_senior", body=library.senior())).status_code == 201
    page = await library.call("seniors", "list_seniors", limit=2)
    rest = await library.call("seniors", "list_seniors", limit=2, cursor=page.parsed.next_)
    found = [item.senior_id for part in (page, rest) for item in part.parsed.items]
    assert (len(found), len(set(found)), rest.parsed.next_) == (3, 3, None)
    patch = library.models.SeniorPatch.from_dict({"phone": "13900001234"})
    for tag, status in ((first.headers["etag"], 200), ('"1"', 412)):
        amended = await library.call("seniors", "amend_senior", first.parsed.senior_id, body=patch, if_match=tag)
        assert amended.status_code == status
    assert amended.parsed.type_.endswith("/stale")


async def test_a_repeated_form_and_a_repeated_body_get_their_first_answers(
    clients: dict[str, ModuleType], start_service: ServiceFactory
) -> None:
    library, number = Library(clients["registry"], await start_service("registry")), identity_number()
    body = library.senior()
    answers = [await library.call("seniors", "register_senior", body=body, idempotency_key="a") for _ in range(2)]
    sheets = [
        await library.call("imports", "import_seniors", body=library.sheet(number), idempotency_key="b")
        for _ in range(2)
    ]
    for one, again in (answers, sheets):
        assert again.parsed.to_dict() == one.parsed.to_dict()
        assert ("idempotency-replayed" in one.headers, again.headers["idempotency-replayed"]) == (False, "true")
    other = await library.call("imports", "import_seniors", body=library.sheet(identity_number()), idempotency_key="b")
    assert (other.status_code, other.parsed.type_.rpartition("/")[2]) == (422, "idempotency-key-reused")
