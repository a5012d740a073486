"""The whole system, from outside: the same tests against one process and against the stack behind its gateway.

``ANXIANG_E2E=embedded`` or ``ANXIANG_E2E=stack`` runs one of the two only; ``ANXIANG_E2E_URL`` takes a running system.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.demo.client import DemoClient
from deploy.demo.district import District, load
from deploy.demo.seed import seed_if_empty
from deploy.local.stack import Stack
from deploy.local.up import Embedded

TARGETS = [os.environ["ANXIANG_E2E"]] if "ANXIANG_E2E" in os.environ else ["embedded", "stack"]


@pytest.fixture(scope="session", params=["given"] if "ANXIANG_E2E_URL" in os.environ else TARGETS)
def base_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a running system with the demo district."""
    if request.param == "given":
        yield os.environ["ANXIANG_E2E_URL"]
        return
    with TemporaryDirectory(prefix="anxiang-e2e-") as folder:  # pytest's own folders lock PostgreSQL's user out
        system: Embedded | Stack = (Embedded if request.param == "embedded" else Stack)(Path(folder))
        system.start()
        try:
            seed_if_empty(system.base_url)
            yield system.base_url
        finally:
            system.stop()


@pytest.fixture(scope="session")
def district() -> District:
    """The demo's district."""
    return load()


@pytest.fixture
def client(base_url: str) -> Iterator[Callable[[str], DemoClient]]:
    """``client("vendor-a")``: a demo client with its own token."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(DemoClient(base_url, name))
