"""The whole system, from outside: the same tests against one process and against the stack behind its gateway.

``ANXIANG_E2E=embedded`` or ``ANXIANG_E2E=stack`` runs one of the two only; ``ANXIANG_E2E_URL`` takes a running system,
whose data folder is ``ANXIANG_DATA_DIR``. With ``ANXIANG_KAFKA=secure`` the stack's Kafka has TLS, logins and rights.
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
from deploy.local.environment import POLICY_OVERRIDES
from deploy.local.stack import Stack
from deploy.local.up import Embedded
from tests.e2e.support_district import GAOGANG, HAILING, LONG_AGO, Traces
from tests.e2e.support_law import write
from tests.e2e.support_system import System

TARGETS = [os.environ["ANXIANG_E2E"]] if "ANXIANG_E2E" in os.environ else ["embedded", "stack"]


@pytest.fixture(scope="package", params=["given"] if "ANXIANG_E2E_URL" in os.environ else TARGETS)
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    """A running system with the demo district; it ends with these tests, for even idle it slows down all others."""
    if request.param == "given":
        yield System(os.environ["ANXIANG_E2E_URL"], Path(os.environ.get("ANXIANG_DATA_DIR", ".data")))
        return
    with (
        TemporaryDirectory(prefix="anxiang-e2e-") as folder,  # pytest's own folders lock PostgreSQL's user out
        TemporaryDirectory(prefix="anxiang-law-") as law,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv(POLICY_OVERRIDES, ":".join(map(str, write(Path(law)))))
        running: Embedded | Stack = (Embedded if request.param == "embedded" else Stack)(Path(folder))
        running.start()
        try:
            seed_if_empty(running.base_url)
            yield System(running.base_url, running.installation.data_dir)
        finally:
            running.stop()


@pytest.fixture(scope="package")
def base_url(system: System) -> str:
    """Its address."""
    return system.base_url


@pytest.fixture(scope="package")
def gaogang(system: System) -> Traces:
    """One of everything in the district next door."""
    return Traces(system, GAOGANG, LONG_AGO, pays=False).leave()


@pytest.fixture(scope="package")
def hailing(system: System) -> Traces:
    """The same in the demo's district, and what follows from payments."""
    return Traces(system, HAILING, LONG_AGO, pays=True).leave()


@pytest.fixture(scope="session")
def district() -> District:
    """The demo's district."""
    return load()


@pytest.fixture
def client(base_url: str) -> Iterator[Callable[[str], DemoClient]]:
    """``client("vendor-a")``: a demo client with its own token."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(DemoClient(base_url, name))
