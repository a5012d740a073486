"""`make up`: the whole system in one process."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.local import up
from deploy.local.environment import ROOT
from deploy.local.processes import StartError, free_port
from deploy.local.up import Embedded
from deploy.migrations.run import SERVICES


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Embedded]:
    system = Embedded(tmp_path)
    system.start()
    yield system
    system.stop()


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_it_serves_every_part_ends_by_kill_and_opens_its_data_again(embedded: Embedded) -> None:
    with httpx.Client(base_url=embedded.base_url, trust_env=False) as http:
        for path in ("/", "/healthz", "/readyz", *(f"/{service}/openapi.json" for service in SERVICES)):
            assert http.get(path).status_code == 200, path
        form = {"grant_type": "client_credentials"}
        fetched = http.post("/oauth/token", data=form, auth=("auditor", "demo-auditor")).json()["access_token"]
        assert http.get("/registry/v1/seniors", headers=bearer(fetched)).status_code == 200
        embedded.kill()
        embedded.start()
        # the key is kept: a token from before the kill is still good
        assert http.get("/registry/v1/seniors", headers=bearer(fetched)).status_code == 200
        assert http.get("/registry/v1/seniors", headers=bearer(embedded.token("auditor"))).status_code == 200


def test_a_database_that_ended_comes_back_by_itself_and_readiness_with_it(embedded: Embedded) -> None:
    """As it ends when it finds no room for its log."""
    ready, status = f"{embedded.base_url}/readyz", embedded.installation.data_dir / "postgres/cluster/postmaster.pid"
    before = int(status.read_text().split()[0])
    os.killpg(before, signal.SIGKILL)
    deadline, seen = time.monotonic() + 120, list[int]()
    while seen[-1:] != [200] or int(status.read_text().split()[0]) == before:
        assert time.monotonic() < deadline, seen
        time.sleep(0.1)
        seen.append(httpx.get(ready, trust_env=False, timeout=60).status_code)
    assert set(seen) <= {200, 503}


def test_sigterm_stops_it_with_its_database_and_says_where_the_data_is(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.local.up", "--empty", "--port", str(free_port())]
    command += ["--data-dir", str(tmp_path)]
    demo = {**os.environ, "ANXIANG_DEMO": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=demo, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        database = int((tmp_path / "postgres/cluster/postmaster.pid").read_text().split()[0])
        os.kill(process.pid, signal.SIGTERM)
        lines += process.stdout.readlines()
        assert process.wait(20) == 0
    assert "is up after" in lines[0]
    assert lines[-1].startswith("Stopped; the data stays in")
    assert not psutil.pid_exists(database) or psutil.Process(database).status() == psutil.STATUS_ZOMBIE


def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} is in use"):
            up.run(tmp_path / "unused", port, seed=False)
    assert not (tmp_path / "unused").exists()
