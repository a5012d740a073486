"""The four OpenAPI documents against the running services: all of schemathesis' checks, no server error, no surprise.

``ANXIANG_EXAMPLES`` (15): generated requests per operation and phase; more find more.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.demo import clients
from deploy.local.up import Embedded
from deploy.migrations.run import SERVICES
from tests.e2e.support_district import HAILING, LONG_AGO, Traces
from tests.e2e.support_system import System

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = os.environ.get("ANXIANG_EXAMPLES", "15")


@pytest.fixture(scope="module")
def alone() -> Iterator[System]:
    """A system of its own, for what is generated would disturb everybody else; with one of everything in it."""
    with TemporaryDirectory(prefix="anxiang-openapi-") as folder:
        running = Embedded(Path(folder))
        running.start()
        try:
            system = System(running.base_url, running.installation.data_dir)
            Traces(system, HAILING, LONG_AGO, pays=True).leave()
            yield system
        finally:
            running.stop()


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_is_one_that_the_document_promises(alone: System, service: str) -> None:
    vendor = str(clients.load()["vendor-a"].organization)
    token = alone.token(alone.scopes, ["3212"], client="schemathesis", organization=vendor)
    with TemporaryDirectory(prefix="anxiang-schemathesis-") as folder:
        command: list[str | Path] = [Path(sys.executable).with_name("schemathesis"), "--config-file", CONFIG, "run"]
        command += [f"{alone.base_url}/{service}/openapi.json", "--url", f"{alone.base_url}/{service}"]
        command += ["--header", f"Authorization: Bearer {token}", "--max-examples", EXAMPLES, "--seed", "1"]
        command += ["--workers", "1"]  # hypothesis parses source, and Python 3.11's parser is not made for two threads
        command += ["--no-shrink", "--continue-on-failure", "--no-color"]
        command += ["--suppress-health-check", "all"]  # they are about how fast data are made, not about the services
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]


def test_no_generated_request_met_anything_unexpected(alone: System) -> None:
    surprises = [line[:500] for text in alone.logs().values() for line in text.splitlines() if "unexpected" in line]
    assert surprises == []
