"""What settles a whole city's month in one statement has longer than other requests: it is no slow question."""

from __future__ import annotations

import pytest
from sqlalchemy import event, inspect

from services.subsidy.payments.models import Item
from tests.integration.subsidy.bank import answered, bring
from tests.integration.subsidy.test_payments import AGE
from tests.integration.subsidy.town import SAMPLE, Town, senior
from tests.support.database import execute
from tests.support.services import ServiceFactory

SLOW = """
CREATE FUNCTION subsidy.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1.3); RETURN NULL; END';
"""
TABLES = {"ledger": "INSERT", "payment_answers": "INSERT", "payment_items": "UPDATE", "lines": "UPDATE"}


@pytest.fixture
async def slow_town(start_service: ServiceFactory, owner_url: str) -> Town:
    """A town where a statement of a request has a second, and every one that writes money takes longer."""
    town = Town(await start_service("subsidy", roles="api", policy_overrides=str(SAMPLE), request_seconds=1))
    await town.hear(senior())
    slow = "CREATE TRIGGER slow AFTER {} ON subsidy.{} FOR EACH STATEMENT EXECUTE FUNCTION subsidy.slow()"
    await execute(owner_url, SLOW, *(slow.format(what, table) for table, what in TABLES.items()))
    return town


async def test_a_month_is_approved_returned_confirmed_and_rejected_however_many_lines_it_has(slow_town: Town) -> None:
    run = await slow_town.approved("2026-10", [AGE])
    first = await slow_town.batch(run["id"])
    await bring(slow_town, first["id"], await answered(slow_town, first["id"], 1))
    path = f"/v1/payment-batches/{first['id']}"
    assert (await slow_town.do(f"{path}/confirmations", {}))["confirmed"] == 1
    await bring(slow_town, first["id"], await answered(slow_town, first["id"]))
    (line,) = await slow_town.lines(run["id"])
    found = {"line_ids": [line["id"]], "paid": True, "document_no": "银函1号"}
    assert (await slow_town.do(f"{path}/findings", found))["found"] == 1
    rejected = await slow_town.run("2026-11", [AGE])
    await slow_town.do(f"/v1/runs/{rejected['id']}/submit")
    await slow_town.do(f"/v1/runs/{rejected['id']}/reject", {"reason": "再核"}, slow_town.second)


async def test_an_answer_of_few_rows_reads_few_rows_and_no_account(slow_town: Town) -> None:
    await slow_town.hear(*(senior() for _ in range(4)))
    run = await slow_town.approved("2026-10", [AGE])
    batch = await slow_town.batch(run["id"])
    row = (await answered(slow_town, batch["id"])).splitlines()[1]
    read: list[object] = []

    def note(one: Item, _context: object) -> None:
        read.append(set(inspect(one).unloaded))

    event.listen(Item, "load", note)
    try:
        await bring(slow_town, batch["id"], "\n".join([f"H,AXRET1,{batch['id']},1,6000", row, "T,1,1,6000,0,0"]))
    finally:
        event.remove(Item, "load", note)
    assert read == [{"account"}]
    beyond = row.replace("D,1,", "D,999999999,")
    file = "\n".join([f"H,AXRET1,{batch['id']},1,6000", beyond, "T,1,1,6000,0,0"])
    refused = await bring(slow_town, batch["id"], file, status=422)
    assert [error["code"] for error in refused["errors"]] == ["unknown-row"]
