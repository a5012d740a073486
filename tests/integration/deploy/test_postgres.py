"""The PostgreSQL launcher."""

import asyncio
import hashlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local import postgres
from deploy.local.processes import StartError, free_port

OWNER = """
import sys, time
from pathlib import Path
from deploy.local import postgres
server = postgres.start(Path(sys.argv[1]))
print(server.child.pid, flush=True)
time.sleep(600)
"""


async def scalar(url: str, statement: str) -> Any:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            result = await connection.execute(text(statement))
            return result.scalar_one() if result.returns_rows else None
    finally:
        await engine.dispose()


def run(url: str, statement: str) -> Any:
    return asyncio.run(scalar(url, statement))


def test_a_new_server_is_postgresql_18_and_keeps_its_promises_on_disk(tmp_path: Path) -> None:
    server = postgres.start(tmp_path / "data")
    try:
        assert run(server.superuser_url(), "show server_version").startswith("18.")
        assert run(server.superuser_url(), "show fsync") == "on"
        assert run(server.superuser_url(), "show synchronous_commit") == "on"
        assert run(server.superuser_url(), "select datcollate from pg_database where datname = 'postgres'") == "C"
    finally:
        server.stop()


def test_a_login_needs_its_own_password(tmp_path: Path) -> None:
    server = postgres.start(tmp_path / "data")
    try:
        run(server.superuser_url(), "create role keeper login password 'p@/ss'")
        assert run(server.url("keeper", "p@/ss", "postgres"), "select current_user") == "keeper"
        with pytest.raises(DBAPIError, match="password authentication failed"):
            run(server.url("keeper", "guess", "postgres"), "select 1")
    finally:
        server.stop()


def test_what_was_committed_outlives_a_kill_of_the_server(tmp_path: Path) -> None:
    server = postgres.start(tmp_path / "data")
    run(server.superuser_url(), "create table kept as select 7 as value")
    server.kill()
    server = postgres.start(tmp_path / "data")
    try:
        assert run(server.superuser_url(), "select value from kept") == 7
    finally:
        server.stop()


def test_two_servers_run_side_by_side_and_one_may_listen_on_tcp(tmp_path: Path) -> None:
    port = free_port()
    first, second = postgres.start(tmp_path / "first"), postgres.start(tmp_path / "second", port=port)
    try:
        run(second.superuser_url(), "create role keeper login password 'secret'")
        tcp = f"postgresql+asyncpg://keeper:secret@127.0.0.1:{port}/postgres"
        assert run(tcp, "show port") == str(port)
        assert run(second.superuser_url(), "show port") == str(port)
        assert run(first.superuser_url(), "select count(*) from pg_roles where rolname = 'keeper'") == 0
    finally:
        first.stop()
        second.stop()


def test_a_server_ends_with_its_owner_and_its_data_opens_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    server_pid = int(owner.stdout.readline())
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    again = postgres.start(folder)
    try:
        assert run(again.superuser_url(), "select 1") == 1
        assert again.child.pid != server_pid
        assert not psutil.pid_exists(server_pid) or psutil.Process(server_pid).status() == psutil.STATUS_ZOMBIE
    finally:
        again.stop()
        owner.stdout.close()


def test_a_folder_too_deep_for_a_socket_still_works(tmp_path: Path) -> None:
    server = postgres.start(tmp_path / ("deep" * 20) / "data")
    try:
        assert run(server.superuser_url(), "select 1") == 1
    finally:
        server.stop()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    postgres.start(tmp_path / "data").stop()
    (tmp_path / "data" / "cluster" / "postgresql.auto.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StartError, match="no_such_setting"):
        postgres.start(tmp_path / "data")


def rights(folders: Iterable[Path]) -> dict[Path, tuple[int, int, int]]:
    return {each: (each.stat().st_mode, each.stat().st_uid, each.stat().st_gid) for each in folders}


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o711, 0o755])
def test_no_folder_above_the_data_or_the_programs_changes_its_rights(tmp_path: Path, mode: int) -> None:
    data = tmp_path / "home" / "project" / "data"
    data.parent.mkdir(parents=True)
    data.parent.chmod(mode)
    data.parent.parent.chmod(mode)
    above = {*data.parents, *postgres.binary("postgres").parents}
    before = rights(above)
    server = postgres.start(data)
    try:
        assert run(server.superuser_url(), "select 1") == 1
        assert rights(above) == before
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
    finally:
        server.stop()


def test_a_folder_with_somebody_else_s_things_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    before = rights([tmp_path])
    with pytest.raises(StartError, match="other things"):
        postgres.start(tmp_path)
    assert rights([tmp_path]) == before


@pytest.mark.parametrize("kind", ["link", "open folder"])
def test_a_socket_folder_that_somebody_made_before_is_not_taken(tmp_path: Path, kind: str) -> None:
    data = tmp_path / ("deep" * 20) / "data"
    taken = Path(tempfile.gettempdir()) / f"anxiang-{hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]}"
    aim = tmp_path / "aim"
    aim.mkdir()
    if kind == "link":
        taken.symlink_to(aim)
    else:
        taken.mkdir()
        taken.chmod(0o777)
    before = rights([aim, taken])
    try:
        with pytest.raises(StartError, match="somebody else"):
            postgres.start(data)
        assert rights([aim, taken]) == before
    finally:
        taken.unlink() if kind == "link" else taken.rmdir()
