"""A payment file of any length goes out page by page, and a false one never whole."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from sqlalchemy import text

from services.subsidy.payments import download, repository
from shared.database import Scope
from tests.integration.subsidy.town import Town, senior

SENIORS = 7


@pytest.fixture
async def batch(town: Town) -> dict[str, Any]:
    """A batch of seven rows."""
    await town.hear(*(senior() for _ in range(SENIORS)))
    run = await town.approved("2026-10", ["longevity_allowance"])
    found: dict[str, Any] = await town.batch(run["id"])
    return found


@pytest.mark.parametrize("page", [1, 2, SENIORS, 2_000])
async def test_the_file_is_the_one_that_was_hashed_whatever_the_page(
    town: Town, batch: dict[str, Any], page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def counted(session: Any, one: Any, after: int, limit: int) -> Any:
        rows = await rows_of_file(session, one, after, limit)
        asked.append(len(rows))
        return rows

    rows_of_file = repository.rows_of_file
    monkeypatch.setattr(repository, "rows_of_file", counted)
    monkeypatch.setattr(download, "PAGE", page)
    answer = await town.clerk.get(f"/v1/payment-batches/{batch['id']}/file")
    assert hashlib.sha256(answer.content).hexdigest() == batch["sha256"]
    assert answer.content.count(b"\r\n") == SENIORS + 2
    assert max(asked) == min(page, SENIORS)
    assert sum(asked) == SENIORS


async def test_a_file_that_is_not_the_hashed_one_lacks_its_last_line(town: Town, batch: dict[str, Any]) -> None:
    async with town.database.transaction(Scope.everywhere()) as session:
        await session.execute(text("UPDATE payment_batches SET sha256 = repeat('0', 64)"))
    try:
        content = (await town.clerk.get(f"/v1/payment-batches/{batch['id']}/file")).content
    except RuntimeError as broken:
        assert "no longer gives the file" in str(broken)  # noqa: PT017  # the transport may tell it or cut the answer
    else:
        assert b"\r\nT," not in content
