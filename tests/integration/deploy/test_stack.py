"""`make stack`: every part a process of its own."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from deploy.local.health import answers_ok
from deploy.local.processes import StartError
from deploy.local.stack import NAMES, Stack
from deploy.migrations.run import SERVICES


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with TemporaryDirectory(prefix="anxiang-") as folder:
        system = Stack(Path(folder))
        system.start()
        yield system
        system.stop()


def get(stack: Stack, path: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {stack.token('auditor')}"}
    return httpx.get(f"{stack.base_url}{path}", headers=headers, trust_env=False, timeout=30)


def test_every_part_runs_and_every_service_answers_through_the_gateway(stack: Stack) -> None:
    assert stack.running() == dict.fromkeys(NAMES, True)
    for service in SERVICES:
        assert get(stack, f"/{service}/openapi.json").status_code == 200
    assert get(stack, "/registry/v1/seniors").status_code == 200


def test_a_killed_service_is_missed_named_and_comes_back(stack: Stack) -> None:
    stack.kill("credit")
    assert stack.running() == dict.fromkeys(NAMES, True) | {"credit": False}
    assert get(stack, "/credit/v1/records").status_code == 503
    stack.start_service("credit")
    assert get(stack, "/credit/v1/records").status_code == 200


def test_database_and_broker_come_back_where_they_were(stack: Stack) -> None:
    for store in ("postgres", "kafka"):
        stack.kill(store)
        assert not stack.running()[store]
        stack.start_service(store)
    assert get(stack, "/registry/v1/seniors").status_code == 200
    for service in SERVICES:
        url = f"http://127.0.0.1:{stack.ports[service]}/readyz"
        stack.children[service].wait_until(lambda url=url: answers_ok(url), seconds=30)  # type: ignore[misc]


def test_a_data_folder_in_use_is_refused(stack: Stack) -> None:
    second = Stack(stack.installation.data_dir)
    with pytest.raises(StartError, match="in use by process"):
        second.start()
    assert all(stack.running().values())
