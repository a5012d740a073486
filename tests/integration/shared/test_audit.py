"""The audit log: append-only, chained, and honest about what was done to it."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared import audit
from shared.auth import Caller
from shared.database import Database, Scope
from tests.integration.shared.conftest import Superuser
from tests.integration.shared.test_edge import assert_problem
from tests.support.services import RunningService

pytestmark = pytest.mark.asyncio(loop_scope="module")
CLERK = Caller("clerk", "李", None, frozenset(), ("321202",))
DETAILS: list[dict[str, Any]] = [
    {},
    {"重": "张三", "b": [1, 2, {"z": None, "a": True}]},
    {"float": 0.1, "whole": 1.0, "huge": 1e22, "tiny": 1e-9, "big": 2**70, "minus": -0.0},
    {"text": 'quote " and \\ and \u2028 and 𠮷', "": "empty name"},
]


async def write(database: Database, count: int = 1, caller: Caller = CLERK) -> None:
    async with database.transaction(Scope(())) as session:
        for number in range(count):
            await audit.record(
                session, caller, "toy.reveal", str(number), purpose="查询", detail=DETAILS[number % len(DETAILS)]
            )
    await audit.seal(database)


async def verified(database: Database) -> audit.Verification:
    async with database.transaction(Scope(())) as session:
        return await audit.verify(session)


async def test_an_untouched_log_is_whole_whatever_its_details_hold(database: Database) -> None:
    assert (await verified(database)).unbroken
    await write(database, 8)
    found = await verified(database)
    assert (found.unbroken, found.length, found.broken_at) == (True, 8, None)


async def test_a_log_longer_than_one_page_is_walked_whole(
    database: Database, superuser: Superuser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "CHUNK", 3)
    await write(database, 10)
    assert (await verified(database)).length == 10
    await superuser("UPDATE audit_entries SET target = 'x' WHERE position = 8")
    assert (await verified(database)).broken_at == 8


MOVE = "UPDATE audit_entries SET position = {} WHERE position = {};"
TAMPERING = [
    ("UPDATE audit_entries SET action = 'toy.look' WHERE position = 3", 3),
    ("UPDATE audit_entries SET client = 'other' WHERE position = 3", 3),
    ("UPDATE audit_entries SET subject = 'other' WHERE position = 3", 3),
    ("UPDATE audit_entries SET target = 'other' WHERE position = 3", 3),
    ("UPDATE audit_entries SET purpose = NULL WHERE position = 3", 3),
    ("UPDATE audit_entries SET region = '999999000000' WHERE position = 3", 3),
    ("UPDATE audit_entries SET at = at + interval '1 microsecond' WHERE position = 3", 3),
    ("UPDATE audit_entries SET detail = '{\"a\": 1}' WHERE position = 3", 3),
    ("UPDATE audit_entries SET hash = sha256('x') WHERE position = 3", 3),
    ("DELETE FROM audit_entries WHERE position = 1", 1),
    ("DELETE FROM audit_entries WHERE position = 3", 3),
    ("DELETE FROM audit_entries WHERE position = 6", 6),
    ("DELETE FROM audit_entries", 1),
    ("DELETE FROM audit_entries WHERE position = 6; UPDATE audit_head SET position = 5", 6),
    (MOVE.format(7, 6) + "UPDATE audit_head SET position = 7", 6),
    (MOVE.format(100, 3) + MOVE.format(3, 4) + MOVE.format(4, 100), 3),
    ("DELETE FROM audit_entries WHERE position = 3;" + MOVE.format(3, 4) + MOVE.format(4, 5) + MOVE.format(5, 6), 3),
    (("INSERT INTO audit_entries SELECT 7, at, region, client, subject, action, target, purpose, detail, hash FROM"
      " audit_entries WHERE position = 6; UPDATE audit_head SET position = 7"), 7),
]  # fmt: skip


@pytest.mark.parametrize(("change", "broken_at"), TAMPERING)
async def test_a_changed_missing_added_or_moved_entry_shows(
    database: Database, superuser: Superuser, change: str, broken_at: int
) -> None:
    await write(database, 6)
    await superuser(change)
    found = await verified(database)
    assert (found.unbroken, found.broken_at) == (False, broken_at)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET action = 'x'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "DROP TABLE audit_entries",
        "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head VALUES (false, 0, '')",
        "UPDATE audit_head SET position = 0, hash = ''",
        "SELECT FROM audit_head FOR UPDATE",
        (
            "INSERT INTO audit_entries SELECT 2, at, region, client, subject, action, target, purpose, detail, hash"
            " FROM audit_entries"
        ),
        "UPDATE audit_waiting SET action = 'x'",
        "DELETE FROM audit_waiting",
        "TRUNCATE audit_waiting",
        (
            "INSERT INTO audit_waiting (at, region, client, subject, action, target, detail)"
            " VALUES (now(), '', '', '', '', '', '{}')"
        ),
        (
            "DO $$ BEGIN EXECUTE format('INSERT INTO %s SELECT * FROM audit_entries',"
            " (SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'audit_entries'::regclass LIMIT 1)); END $$"
        ),
    ],
)
async def test_the_service_itself_can_change_no_entry(database: Database, statement: str) -> None:
    await write(database)
    with pytest.raises(DBAPIError, match=r"denied|must be owner"):
        async with database.transaction(Scope.everywhere()) as session:
            await session.execute(text(statement))


async def test_writers_at_once_leave_one_whole_chain(database: Database) -> None:
    await asyncio.gather(*(write(database, 3) for _ in range(8)))
    found = await verified(database)
    assert (found.unbroken, found.length) == (True, 24)


async def test_an_entry_lives_and_dies_with_its_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError):
        await _write_and_fail(database)
    assert (await verified(database)).length == 0


async def test_an_entry_that_commits_late_is_chained_later_and_keeps_nobody_waiting(database: Database) -> None:
    async with database.transaction(Scope(())) as late:
        await audit.record(late, CLERK, "late", "x")
        async with asyncio.timeout(5):
            await write(database, 2)
        assert (await verified(database)).length == 2
    assert (await verified(database)).waiting == 1
    await audit.seal(database)
    found = await verified(database)
    assert (found.unbroken, found.length, found.waiting) == (True, 3, 0)
    async with database.transaction(Scope(())) as session:
        assert [entry.action for entry in await audit.entries(session, 0, 9)] == ["toy.reveal", "toy.reveal", "late"]


async def test_sealers_at_once_lose_and_repeat_nothing(database: Database) -> None:
    async def seal_often() -> None:
        for _ in range(10):
            await audit.seal(database, 2)

    await asyncio.gather(*(write(database, 5) for _ in range(4)), *(seal_often() for _ in range(4)))
    await audit.seal(database)
    found = await verified(database)
    assert (found.unbroken, found.length, found.waiting) == (True, 20, 0)


async def test_a_log_that_its_writers_chained_themselves_is_proved_on_and_on(
    database: Database, superuser: Superuser
) -> None:
    await write(database, 4)
    async with database.transaction(Scope(())) as session:
        old = await audit.entries(session, 0, 9)
    previous, script = b"", ""
    for entry in old:
        previous = entry._chained_at_once(previous)
        script += f"UPDATE audit_entries SET hash = '\\x{previous.hex()}' WHERE position = {entry.position};"
    await superuser(script + f"UPDATE audit_head SET hash = '\\x{previous.hex()}'")
    assert (await verified(database)).unbroken
    await write(database, 4)
    assert ((await verified(database)).unbroken, (await verified(database)).length) == (True, 8)
    await superuser("UPDATE audit_entries SET target = 'x' WHERE position = 2")
    assert (await verified(database)).broken_at == 2


async def _write_and_fail(database: Database) -> None:
    async with database.transaction(Scope(())) as session:
        await audit.record(session, CLERK, "a", "b")
        raise RuntimeError


async def test_auditors_read_their_own_region_page_by_page(service: RunningService) -> None:
    for region in ("321202", "321203", "330100"):
        await write(service.database, 3, Caller("c", "s", None, frozenset(), (region,)))
    expected = {"321202": 3, "3212": 6, "32": 6, "33": 3, "4": 0, "": 9}
    for region, count in expected.items():
        async with service.client("audit:read", regions=[region]) as http:
            seen: list[int] = []
            cursor = ""
            while cursor is not None:
                page = (await http.get(f"/v1/audit?limit=2{cursor and '&cursor=' + cursor}")).json()
                seen += [item["position"] for item in page["items"] if item["action"] == "toy.reveal"]
                cursor = page["next"]
            assert len(seen) == len(set(seen)) == count
            assert seen == sorted(seen)
    async with service.client("audit:read", regions=[]) as nowhere, service.client() as unscoped:
        assert_problem(await nowhere.get("/v1/audit"), 403)
        assert_problem(await unscoped.get("/v1/audit"), 403)
        assert_problem(await unscoped.get("/v1/audit/verification"), 403)


async def test_a_revealing_route_leaves_its_entry_and_the_proof_is_offered(
    service: RunningService, superuser: Superuser
) -> None:
    async with service.client("toy.toys:reveal", "audit:read") as http:
        await http.post(f"/v1/toys/{UUID(int=5)}/reveal")
        [entry] = (await http.get("/v1/audit")).json()["items"]
        assert (entry["action"], entry["target"], entry["client"]) == ("toy.reveal", str(UUID(int=5)), "clerk")
        proof = (await http.get("/v1/audit/verification")).json()
        assert (proof["unbroken"], proof["length"], proof["waiting"]) == (True, 2, 0)  # the reading of the log too
        assert proof["anchor"] == {
            "keeper": "registry",
            "compared": False,
            "checkpoints": 0,
            "forged": 0,
        } | dict.fromkeys(("last", "last_at"))
        await superuser("UPDATE audit_entries SET target = 'x'")
        assert (await http.get("/v1/audit/verification")).json()["broken_at"] == 1


@pytest.mark.parametrize("cursor", ["x", "WzFd" * 100, "WzkyMjMzNzIwMzY4NTQ3NzU4MDhd", "WyJhIl0"])
async def test_a_cursor_that_no_page_gave_out_is_422(service: RunningService, cursor: str) -> None:
    async with service.client("audit:read") as http:
        assert_problem(await http.get(f"/v1/audit?cursor={cursor}"), 422)
        assert_problem(await http.get("/v1/audit?limit=0"), 422)
        assert_problem(await http.get("/v1/audit?limit=201"), 422)


async def test_the_command_says_whether_the_log_is_whole(service: RunningService, superuser: Superuser) -> None:
    await write(service.database, 2)
    assert (await _command(service)) == (0, True)
    await superuser("UPDATE audit_entries SET target = 'x'")
    assert (await _command(service)) == (1, False)


async def _command(service: RunningService) -> tuple[int | None, bool]:
    settings = service.kernel.settings
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "shared.audit_anchor", "verify",
        env={
            **os.environ,
            "ANXIANG_DATABASE_URL": settings.database_url,
            "ANXIANG_SERVICE": settings.service,
            "ANXIANG_KEYRING_FILE": str(settings.keyring_file),
            "ANXIANG_GATEWAY_URL": "http://127.0.0.1:9",
        },
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode, b"unbroken" in out and b"2 entries" in out
