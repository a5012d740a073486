"""A bank that changes its mind: both answers are kept, the other rows are applied, a person decides."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from shared.database import Scope
from tests.integration.subsidy.bank import answered, bring
from tests.integration.subsidy.test_ledger import close
from tests.integration.subsidy.town import Town, senior

AGE = "longevity_allowance"


@pytest.fixture
async def run(town: Town) -> dict[str, Any]:
    await town.hear(*(senior() for _ in range(3)))
    return await town.approved("2026-10", [AGE])


async def said(town: Town, sequence: int) -> list[tuple[str, str]]:
    """Everything the bank said of a row, and what came of it."""
    async with town.database.transaction(Scope.everywhere()) as session:
        query = "SELECT said, result FROM payment_answers WHERE sequence = :sequence ORDER BY recorded_at, number"
        return [tuple(row) for row in await session.execute(text(query), {"sequence": sequence})]


async def state(town: Town, run: dict[str, Any]) -> str:
    return str((await town.ask(f"/v1/runs/{run['id']}"))["state"])


async def test_a_late_return_is_taken_with_the_good_rows_and_paid_again_once_after_a_person_confirmed(
    town: Town, run: dict[str, Any]
) -> None:
    batch = await town.batch(run["id"])
    whole = await answered(town, batch["id"])
    one, rest = whole.splitlines()[1], whole.splitlines()[2:4]
    await bring(town, batch["id"], "\n".join([f"H,AXRET1,{batch['id']},1,6000", one, "T,1,1,6000,0,0"]))
    late = await answered(town, batch["id"], 1)
    taken = await bring(town, batch["id"], late)
    assert (taken["settled"], taken["returned"], taken["late"], taken["contradictions"]) == (len(rest), 0, 1, 0)
    assert [(row["sequence"], row["result"]) for row in taken["flagged"]] == [(1, "late_return")]
    assert await bring(town, batch["id"], late) == taken
    assert await said(town, 1) == [("settled", "applied"), ("returned", "late_return")]
    assert await state(town, run) == "approved"
    await town.do(f"/v1/runs/{run['id']}/payment-batches", {}, status=409)
    assert (await town.do(f"/v1/payment-batches/{batch['id']}/confirmations", {}))["confirmed"] == 1
    second = await town.batch(run["id"])
    assert (second["rows"], second["amount"]) == (1, "60.00")
    await bring(town, second["id"], await answered(town, second["id"]))
    assert await state(town, run) == "paid"


async def test_a_paid_run_is_open_again_when_a_row_comes_back(town: Town, run: dict[str, Any]) -> None:
    batch = await town.batch(run["id"])
    await bring(town, batch["id"], await answered(town, batch["id"]))
    assert await state(town, run) == "paid"
    await bring(town, batch["id"], await answered(town, batch["id"], 2))
    assert await state(town, run) == "approved"


@pytest.mark.parametrize(("paid", "rows"), [(True, 0), (False, 1)])
async def test_a_row_returned_and_then_settled_is_not_sent_before_a_person_looked(
    town: Town, run: dict[str, Any], *, paid: bool, rows: int
) -> None:
    batch = await town.batch(run["id"])
    path = f"/v1/payment-batches/{batch['id']}"
    await bring(town, batch["id"], await answered(town, batch["id"], 1))
    await town.do(f"{path}/confirmations", {})
    taken = await bring(town, batch["id"], await answered(town, batch["id"]))
    assert [(row["sequence"], row["result"]) for row in taken["flagged"]] == [(1, "contradiction")]
    await town.do(f"/v1/runs/{run['id']}/payment-batches", {}, status=409)
    assert await state(town, run) == "approved"
    line = taken["flagged"][0]["line_id"]
    found = {"line_ids": [line], "paid": paid, "document_no": "银函1号"}
    assert (await town.do(f"{path}/findings", found))["found"] == 1
    assert (await town.do(f"{path}/findings", found))["found"] == 0
    assert await state(town, run) == ("paid" if paid else "approved")
    if rows:
        assert (await town.batch(run["id"]))["rows"] == rows


async def test_what_was_sent_again_and_then_found_paid_is_claimed_once(town: Town, run: dict[str, Any]) -> None:
    first = await town.batch(run["id"])
    await bring(town, first["id"], await answered(town, first["id"], 1))
    await town.do(f"/v1/payment-batches/{first['id']}/confirmations", {})
    second = await town.batch(run["id"])
    await bring(town, second["id"], await answered(town, second["id"]))
    taken = await bring(town, first["id"], await answered(town, first["id"]))
    assert (await town.ask("/v1/recoveries"))["items"] == []
    found = {"line_ids": [taken["flagged"][0]["line_id"]], "paid": True, "document_no": "银函1号"}
    await town.do(f"/v1/payment-batches/{first['id']}/findings", found)
    (recovery,) = (await town.ask("/v1/recoveries"))["items"]
    assert (recovery["balance"], recovery["reason"]) == ("60.00", "paid_twice")


async def test_each_further_double_payment_of_a_line_is_claimed_too(town: Town) -> None:
    await town.hear(senior())
    run = await town.approved("2026-10", [AGE])
    (line,) = await town.lines(run["id"])
    batches = []
    for _ in range(3):
        batches.append(await town.batch(run["id"]))
        path = f"/v1/payment-batches/{batches[-1]['id']}"
        await bring(town, batches[-1]["id"], await answered(town, batches[-1]["id"], 1))
        await town.do(f"{path}/confirmations", {})
    last = await town.batch(run["id"])
    await bring(town, last["id"], await answered(town, last["id"]))
    found = {"line_ids": [line["id"]], "paid": True, "document_no": "银函1号"}
    owed = []
    for batch in batches:
        await bring(town, batch["id"], await answered(town, batch["id"]))
        await town.do(f"/v1/payment-batches/{batch['id']}/findings", found)
        recoveries = (await town.ask("/v1/recoveries"))["items"]
        owed.append([one["balance"] for one in recoveries])
        if len(owed) == 2:
            await close(town, recoveries[0], "repaid")
    assert owed == [["60.00"], ["60.00", "60.00"], ["60.00", "0.00", "60.00"]]


async def test_a_row_that_came_back_once_more_waits_for_a_person_once_more(town: Town) -> None:
    await town.hear(senior())
    run = await town.approved("2026-10", [AGE])
    (line,) = await town.lines(run["id"])
    batch = await town.batch(run["id"])
    path = f"/v1/payment-batches/{batch['id']}"
    good, bad = await answered(town, batch["id"]), await answered(town, batch["id"], 1)
    found = {"line_ids": [line["id"]], "document_no": "银函1号"}
    await bring(town, batch["id"], bad)
    await town.do(f"{path}/confirmations", {})
    await bring(town, batch["id"], good)
    await town.do(f"{path}/findings", found | {"paid": True})
    await bring(town, batch["id"], bad.replace("E05", "E06"))
    await bring(town, batch["id"], good.replace("0000", "0001"))
    await town.do(f"{path}/findings", found | {"paid": False})
    await town.do(f"/v1/runs/{run['id']}/payment-batches", {}, status=409)
    await town.do(f"{path}/confirmations", {})
    assert (await town.batch(run["id"]))["amount"] == "60.00"
