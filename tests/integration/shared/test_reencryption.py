"""After a rotation and a re-encryption the old key opens nothing that is stored, and the new one everything."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import text

from deploy.demo.district import load
from deploy.demo.people import Person
from deploy.demo.seed import senior_body
from deploy.reencrypt import reencrypt
from services.registry.app import DEFINITION
from shared.crypto import Keyring, rotate
from shared.database import Database, Scope
from tests.support.services import ServiceFactory

COLUMNS = DEFINITION.encrypted["seniors"]


async def _rows(database: Database) -> list[dict[str, bytes | None]]:
    async with database.transaction(Scope.everywhere()) as session:
        found = await session.execute(text(f"SELECT {', '.join(COLUMNS)} FROM seniors ORDER BY senior_id"))
        return [dict(row) for row in found.mappings()]


def _people() -> list[Person]:
    return list(load().people(25, offset=5))


async def test_every_ciphertext_moves_to_the_new_key_and_says_the_same(
    start_service: ServiceFactory, tmp_path: Path
) -> None:
    registry = await start_service("registry")
    async with registry.client("registry.seniors:write") as clerk:
        for person in _people():
            assert (await clerk.post("/v1/seniors", json=senior_body(load(), person))).status_code == 201
    file = tmp_path / "keyring.json"
    before = [
        {c: v and Keyring.load(file).decrypt(v) for c, v in row.items()} for row in await _rows(registry.database)
    ]

    rotate(file)
    assert await reencrypt(registry.database, Keyring.load(file), "seniors", COLUMNS) == 25
    assert await reencrypt(registry.database, Keyring.load(file), "seniors", COLUMNS) == 0

    stored = json.loads(file.read_text())
    del stored["keys"]["1"]
    file.write_text(json.dumps(stored))
    only_new = Keyring.load(file)
    after = [{c: v and only_new.decrypt(v) for c, v in row.items()} for row in await _rows(registry.database)]
    assert after == before
    assert {row["name"] for row in after} == {person.name for person in _people()}
