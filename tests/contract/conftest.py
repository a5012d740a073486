"""One broker for these tests, and a world for each kind of bus. ``ANXIANG_KAFKA=secure``: a broker with TLS, logins and
rights."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from deploy.local import kafka, postgres
from tests.contract.worlds import World


@pytest.fixture(scope="package")
def broker() -> Iterator[kafka.Broker]:
    """A real Kafka node."""
    with TemporaryDirectory(prefix="anxiang-kafka-") as folder:
        running = kafka.start(Path(folder), secured=kafka.secured())
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture(params=["local", "kafka"])
async def world(request: Any, postgres: postgres.Server, database_name: str) -> AsyncIterator[World]:
    """Services over the local bus, and the same over Kafka."""
    broker = request.getfixturevalue("broker") if request.param == "kafka" else None
    made = World(postgres, database_name, broker)
    yield made
    await made.close()
