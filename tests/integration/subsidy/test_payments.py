"""From an approved run to the bank and back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from services.subsidy.runs.calculation import calculate_run
from shared.database import Scope
from tests.integration.subsidy.bank import answered, bring
from tests.integration.subsidy.town import SCOPES, Town, senior

AGE = "longevity_allowance"


async def events(town: Town) -> list[str]:
    async with town.database.transaction(Scope.everywhere()) as session:
        return list((await session.execute(text("SELECT type FROM outbox ORDER BY type"))).scalars())


@pytest.fixture
async def run(town: Town) -> dict[str, Any]:
    await town.hear(*(senior() for _ in range(3)))
    return await town.approved("2026-10", [AGE])


async def test_the_file_is_the_same_bytes_each_time_and_no_account_is_stored_in_clear(
    town: Town, run: dict[str, Any]
) -> None:
    batch = await town.batch(run["id"], "gb18030")
    assert (batch["state"], batch["rows"], batch["amount"], batch["no_account"]) == ("ready", 3, "180.00", 0)
    first, again = [await town.clerk.get(f"/v1/payment-batches/{batch['id']}/file") for _ in range(2)]
    assert first.content == again.content
    assert "王\U00020164,6222020000001234567,中国银行,60.00,尊老金 2026-10" in first.content.decode("gb18030")
    assert first.headers["etag"] == f'"{batch["sha256"]}"'
    async with town.database.transaction(Scope.everywhere()) as session:
        stored = str((await session.execute(text("SELECT * FROM payment_items"))).all())
        audited = (await session.execute(text("SELECT action FROM audit_waiting"))).scalars().all()
    assert "6222020000001234567" not in stored
    assert audited.count("payment-file.download") == 2


async def test_who_has_no_account_is_left_out_and_comes_with_the_next_batch(town: Town, run: dict[str, Any]) -> None:
    lines = await town.lines(run["id"])
    town.without_account = {lines[0]["beneficiary_id"]}
    batch = await town.batch(run["id"])
    assert (batch["rows"], batch["no_account"]) == (2, 1)
    town.without_account = set()
    second = await town.batch(run["id"])
    assert (second["rows"], second["amount"], second["number"]) == (1, "60.00", 2)


async def test_returned_rows_go_out_again_only_after_a_person_confirmed_them(town: Town, run: dict[str, Any]) -> None:
    batch = await town.batch(run["id"])
    taken = await bring(town, batch["id"], await answered(town, batch["id"], 2))
    assert (taken["settled"], taken["returned"]) == (2, 1)
    assert await events(town) == [
        "cn.anxiang.subsidy.payment.returned.v1",
        "cn.anxiang.subsidy.payment.settled.v1",
        "cn.anxiang.subsidy.payment.settled.v1",
    ]
    await town.do(f"/v1/runs/{run['id']}/payment-batches", {}, status=409)
    assert (await town.do(f"/v1/payment-batches/{batch['id']}/confirmations", {}))["confirmed"] == 1
    second = await town.batch(run["id"])
    assert second["rows"] == 1
    await bring(town, second["id"], await answered(town, second["id"]))
    assert (await town.ask(f"/v1/runs/{run['id']}"))["state"] == "paid"
    assert (await town.ask(f"/v1/payment-batches/{second['id']}"))["state"] == "closed"


async def test_the_same_return_file_again_changes_nothing(town: Town, run: dict[str, Any]) -> None:
    batch = await town.batch(run["id"])
    content = await answered(town, batch["id"], 1)
    first = await bring(town, batch["id"], content)
    before = await events(town)
    assert await bring(town, batch["id"], content) == first
    other_bytes = await bring(town, batch["id"], content.replace("\n", "\r\n"))
    assert (other_bytes["settled"], other_bytes["returned"]) == (0, 0)
    assert await events(town) == before


async def test_a_return_file_with_one_wrong_row_is_refused_whole(town: Town, run: dict[str, Any]) -> None:
    batch = await town.batch(run["id"])
    good = await answered(town, batch["id"])
    line = good.splitlines()[1].split(",")[2]
    wrong = good.replace(line, line[:-1] + ("0" if line[-1] != "0" else "1"))
    refused = await bring(town, batch["id"], wrong, 422)
    assert refused["type"].endswith("subsidy/return-file-refused")
    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [("/rows/2", "unknown-row")]
    items = (await town.ask(f"/v1/payment-batches/{batch['id']}/items"))["items"]
    assert {item["state"] for item in items} == {"sent"}
    assert await events(town) == []


async def test_a_return_file_whose_sums_do_not_hold_is_refused(town: Town, run: dict[str, Any]) -> None:
    batch = await town.batch(run["id"])
    good = await answered(town, batch["id"])
    await bring(town, batch["id"], good.replace(",3,18000\n", ",3,18001\n", 1), 422)
    await bring(town, batch["id"], good.replace("60.00", "61.00", 1), 422)


async def test_a_code_with_a_line_end_is_no_code(town: Town, run: dict[str, Any]) -> None:
    batch = await town.batch(run["id"])
    good = await answered(town, batch["id"])
    for wrong in (good.replace("0000", '"0000\n"'), good.replace("D,1,", 'D,"1\n",', 1)):
        refused = await bring(town, batch["id"], wrong, 422)
        assert refused["errors"][0]["code"] == "value"


async def test_a_batch_id_of_another_region_is_taken_and_nothing_is_told_of_it(town: Town, run: dict[str, Any]) -> None:
    batch = await town.batch(run["id"])
    other = town.running.client(*SCOPES, regions=("321202002",), subject="elsewhere")
    second = town.running.client(*SCOPES, regions=("321202002",), subject="second")
    await town.hear(senior(region="321202002000"))
    made = await town.do("/v1/runs", {"month": "2026-09", "region": "321202002000", "programmes": [AGE]}, other, 202)
    await calculate_run(town.running.kernel, {"run_id": made["id"]})
    await town.do(f"/v1/runs/{made['id']}/submit", client=other)
    await town.do(f"/v1/runs/{made['id']}/approve", {}, second)
    body = {"batch_id": batch["id"]}
    refused = await town.do(f"/v1/runs/{made['id']}/payment-batches", body, other, 409)
    assert refused["type"].endswith("/conflict")
    assert run["id"] not in str(refused)


async def test_the_same_batch_id_makes_one_batch(town: Town, run: dict[str, Any]) -> None:
    body = {"batch_id": "019ad0c5-1a2b-7c3d-8e4f-5a6b7c8d9e0f"}
    first = await town.do(f"/v1/runs/{run['id']}/payment-batches", body, status=202)
    again = await town.do(f"/v1/runs/{run['id']}/payment-batches", body, status=202)
    assert first["id"] == again["id"] == body["batch_id"]
    assert len(await town.ask(f"/v1/runs/{run['id']}/payment-batches")) == 1


async def test_nothing_is_paid_before_it_is_approved(town: Town) -> None:
    await town.hear(senior())
    run = await town.run("2026-10", [AGE])
    refused = await town.do(f"/v1/runs/{run['id']}/payment-batches", {}, status=409)
    assert refused["type"].endswith("subsidy/wrong-state")


async def test_another_district_sees_neither_batch_nor_file(town: Town, run: dict[str, Any]) -> None:
    batch = await town.batch(run["id"])
    other = town.running.client(*SCOPES, regions=("321203",))
    for path in ("", "/file", "/items"):
        assert (await other.get(f"/v1/payment-batches/{batch['id']}{path}")).status_code == 404
    for path in ("/returns", "/confirmations"):
        assert (await other.post(f"/v1/payment-batches/{batch['id']}{path}", json={})).status_code == 404
    assert (await other.get(f"/v1/runs/{run['id']}/payment-batches")).status_code == 404


async def test_a_file_needs_the_scope(town: Town, run: dict[str, Any]) -> None:
    batch = await town.batch(run["id"])
    reader = town.running.client("subsidy.runs:read")
    assert (await reader.get(f"/v1/payment-batches/{batch['id']}/file")).status_code == 403
