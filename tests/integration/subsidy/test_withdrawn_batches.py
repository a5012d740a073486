"""A payment file leaves for the first time while its look is fresh; before it left, its batch can be withdrawn."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from services.subsidy.payments.domain import FRESH
from shared.database import Scope
from tests.integration.subsidy.bank import answered, bring
from tests.integration.subsidy.town import Town, senior

MONTH, AGE = "2026-10", ["longevity_allowance"]


async def _later(town: Town, batch_id: str) -> None:
    """The batch was prepared longer ago than a look is fresh."""
    async with town.database.transaction(Scope.everywhere()) as session:
        query = "UPDATE payment_batches SET prepared_at = now() - CAST(:fresh AS interval) WHERE id = :id"
        await session.execute(text(query), {"fresh": FRESH, "id": batch_id})


async def _get(town: Town, path: str, status: int = 200) -> Any:
    answer = await town.clerk.get(path)
    assert answer.status_code == status, answer.text
    return answer


async def test_who_died_after_the_preparation_is_not_paid_by_an_old_file(town: Town) -> None:
    who, other = senior(), senior()
    await town.hear(who, other)
    run = await town.approved(MONTH, AGE)
    first = await town.batch(run["id"])
    assert first["rows"] == 2
    await town.hear(who.model_copy(update={"version": 2, "died_on": date(2026, 9, 3)}))
    await _later(town, first["id"])
    refused = await _get(town, f"/v1/payment-batches/{first['id']}/file", 409)
    assert refused.json()["type"].endswith("subsidy/batch-out-of-date")
    withdrawn = await town.do(f"/v1/payment-batches/{first['id']}/withdraw")
    assert (withdrawn["state"], withdrawn["given_at"]) == ("withdrawn", None)
    assert await town.do(f"/v1/payment-batches/{first['id']}/withdraw") == withdrawn
    second = await town.batch(run["id"])
    assert (second["rows"], second["held"]) == (1, 1)
    items = (await _get(town, f"/v1/payment-batches/{second['id']}/items?state=held")).json()["items"]
    assert [(item["beneficiary_id"], item["code"]) for item in items] == [(str(who.senior_id), "died_before_month")]
    for path in ("file", "items"):
        await _get(town, f"/v1/payment-batches/{first['id']}/{path}", 409 if path == "file" else 200)
    rows = (await _get(town, f"/v1/payment-batches/{first['id']}/items")).json()["items"]
    assert {row["state"] for row in rows} == {"withdrawn"}
    await bring(town, second["id"], await answered(town, second["id"]))


async def test_a_file_that_left_leaves_again_and_cannot_be_withdrawn(town: Town) -> None:
    await town.hear(senior())
    run = await town.approved(MONTH, AGE)
    batch = await town.batch(run["id"])
    path = f"/v1/payment-batches/{batch['id']}"
    content = (await _get(town, f"{path}/file")).content
    given = (await _get(town, path)).json()["given_at"]
    assert given
    await _later(town, batch["id"])
    assert (await _get(town, f"{path}/file")).content == content
    refused = await town.clerk.post(f"{path}/withdraw")
    assert (refused.status_code, refused.json()["type"].split("/")[-1]) == (409, "batch-given-out")
    assert (await _get(town, path)).json()["given_at"] == given


async def test_no_bank_answers_a_file_that_never_left(town: Town) -> None:
    await town.hear(senior())
    run = await town.approved(MONTH, AGE)
    batch = await town.batch(run["id"])
    answer = await answered(town, batch["id"])
    async with town.database.transaction(Scope.everywhere()) as session:
        await session.execute(text("UPDATE payment_batches SET given_at = NULL"))
    await _later(town, batch["id"])
    assert (await bring(town, batch["id"], answer, 409))["type"].endswith("subsidy/batch-not-given-out")
    await _get(town, f"/v1/payment-batches/{batch['id']}/file", 409)
    assert (await town.do(f"/v1/payment-batches/{batch['id']}/withdraw"))["state"] == "withdrawn"


async def test_who_only_reads_gets_no_file_and_starts_no_clock(town: Town) -> None:
    await town.hear(senior())
    run = await town.approved(MONTH, AGE)
    batch = await town.batch(run["id"])
    reader = town.running.client("subsidy.payments:read", "subsidy.runs:approve", subject="reader")
    assert (await reader.get(f"/v1/payment-batches/{batch['id']}/file")).status_code == 403
    assert (await _get(town, f"/v1/payment-batches/{batch['id']}")).json()["given_at"] is None


async def test_a_withdrawn_batch_takes_no_answer_of_a_bank(town: Town) -> None:
    await town.hear(senior())
    run = await town.approved(MONTH, AGE)
    batch = await town.batch(run["id"])
    answer = await answered(town, batch["id"])
    async with town.database.transaction(Scope.everywhere()) as session:
        await session.execute(text("UPDATE payment_batches SET given_at = NULL"))
    await town.do(f"/v1/payment-batches/{batch['id']}/withdraw")
    assert (await bring(town, batch["id"], answer, 409))["type"].endswith("subsidy/batch-not-ready")


@pytest.mark.parametrize("turn", range(4))
async def test_it_leaves_or_is_withdrawn_and_never_both(town: Town, turn: int) -> None:
    await town.hear(senior())
    run = await town.approved(MONTH, AGE)
    path = f"/v1/payment-batches/{(await town.batch(run['id']))['id']}"
    download, withdraw = town.clerk.get(f"{path}/file"), town.clerk.post(f"{path}/withdraw")
    both = await asyncio.gather(*((download, withdraw) if turn % 2 else (withdraw, download)))
    assert sorted(answer.status_code for answer in both) == [200, 409]
