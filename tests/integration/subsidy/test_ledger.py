"""No fen twice, and none comes back that was never paid: whatever is learned after approval, in whatever order."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.database import Scope
from tests.integration.subsidy.bank import answered, bring
from tests.integration.subsidy.town import Town, senior

AGE = "longevity_allowance"
DEAD: dict[str, Any] = {"died_on": date(2026, 8, 3), "death_reported_on": date(2026, 11, 20)}


async def paid(town: Town, who: UUID, month: str = "2026-10") -> dict[str, Any]:
    """A month's run of one person, sent and settled."""
    await town.hear(senior(who))
    run = await town.approved(month, [AGE])
    batch = await town.batch(run["id"])
    await bring(town, batch["id"], await answered(town, batch["id"]))
    return run


async def close(town: Town, recovery: dict[str, Any], kind: str) -> None:
    """Asked for by one person, confirmed by another."""
    path, body = f"/v1/recoveries/{recovery['id']}", {"kind": kind, "amount": "60.00", "document_no": "1号"}
    detail = await town.do(f"{path}/entries", body, status=202)
    await town.do(f"{path}/requests/{detail['requests'][-1]['id']}/confirm", client=town.second)


async def balances(town: Town) -> list[tuple[str, str]]:
    return [(one["balance"], one["netted"]) for one in (await town.ask("/v1/recoveries"))["items"]]


async def test_nothing_is_owed_of_what_was_never_sent_and_nothing_goes_to_the_dead(town: Town) -> None:
    old = senior()
    await town.hear(old)
    october = await town.approved("2026-10", [AGE])
    await town.hear(senior(old.senior_id, version=2, born=date(1934, 3, 5)))
    again = await town.approved("2026-10", [AGE])
    assert [line["amount"] for line in await town.lines(again["id"])] == ["40.00"]
    await town.hear(senior(old.senior_id, version=3, born=date(1934, 3, 5), **DEAD))
    last = await town.approved("2026-11", [AGE])
    assert [line["amount"] for line in await town.lines(last["id"])] == ["-100.00"]
    assert await balances(town) == [("0.00", "100.00")]
    for run in (october, again):
        refused = await town.do(f"/v1/runs/{run['id']}/payment-batches", {}, status=409)
        assert refused["type"].endswith("nothing-to-pay")


@pytest.mark.parametrize(("closed", "rows"), [(None, 0), ("waived", 0), ("repaid", 1)])
async def test_a_death_withdrawn_pays_again_only_what_had_been_given_back(
    town: Town, closed: str | None, rows: int
) -> None:
    old = senior()
    await paid(town, old.senior_id)
    await town.hear(senior(old.senior_id, version=2, **DEAD))
    await town.approved("2026-10", [AGE])
    (recovery,) = (await town.ask("/v1/recoveries"))["items"]
    assert recovery["balance"] == "60.00"
    if closed:
        await close(town, recovery, closed)
    await town.hear(senior(old.senior_id, version=3))
    back = await town.approved("2026-10", [AGE])
    assert [line["amount"] for line in await town.lines(back["id"])] == ["60.00"]
    assert [owed for owed, _ in await balances(town)] == ["0.00"]
    if rows:
        batch = await town.batch(back["id"])
        assert (batch["rows"], batch["amount"]) == (1, "60.00")
    await town.do(f"/v1/runs/{back['id']}/payment-batches", {}, status=409)


async def test_a_row_that_comes_back_after_its_death_was_told_leaves_nothing_owed(town: Town) -> None:
    old = senior()
    await town.hear(old)
    october = await town.approved("2026-10", [AGE])
    batch = await town.batch(october["id"])
    await town.hear(senior(old.senior_id, version=2, **DEAD))
    await town.approved("2026-10", [AGE])
    assert await balances(town) == [("60.00", "0.00")]
    await bring(town, batch["id"], await answered(town, batch["id"], 1))
    assert await balances(town) == [("0.00", "60.00")]


async def test_whoever_asked_never_confirms_and_two_who_confirm_at_once_count_once(town: Town) -> None:
    old = senior()
    await paid(town, old.senior_id)
    await town.hear(senior(old.senior_id, version=2, **DEAD))
    await town.approved("2026-10", [AGE])
    (recovery,) = (await town.ask("/v1/recoveries"))["items"]
    path = f"/v1/recoveries/{recovery['id']}"
    body = {"kind": "waived", "amount": "60.00", "document_no": "核销1号"}
    asked = (await town.do(f"{path}/entries", body, status=202))["requests"][0]
    confirm = f"{path}/requests/{asked['id']}/confirm"
    refused = await town.do(confirm, status=409)
    assert refused["type"].endswith("second-person-needed")
    writer = town.running.client("subsidy.recoveries:read", "subsidy.recoveries:write", subject="third")
    await town.do(confirm, client=writer, status=403)
    assert (await town.ask(path))["balance"] == "60.00"
    both = await asyncio.gather(*(town.second.post(confirm) for _ in range(2)))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    assert (await town.ask(path))["balance"] == "0.00"
    body = {"kind": "waiver_withdrawn", "amount": "60.01", "document_no": "核销2号"}
    await town.do(f"{path}/entries", body, status=409)
    await close(town, recovery, "waiver_withdrawn")
    assert (await town.ask(path))["balance"] == "60.00"


@pytest.mark.parametrize("body", [{"kind": "waived"}, {"kind": "repaid"}, {"kind": "waiver_withdrawn"}])
async def test_every_entry_but_an_offset_names_its_paper(town: Town, body: dict[str, Any]) -> None:
    path = "/v1/recoveries/0d0f1a52-7a3e-4c57-9a51-2f6f0c1d9e3b/entries"
    await town.do(path, body | {"amount": "1.00"}, status=422)


BEYOND = {
    "sent beyond what is decided": "SELECT account_id, 'sent', 1, line_id, NULL, gen_random_uuid(), 9",
    "repaid beyond what is owed": "SELECT account_id, 'repaid', 1, NULL, (SELECT id FROM recoveries), NULL, NULL",
    "returned beyond what was sent": "SELECT account_id, 'returned', 6001, line_id, NULL, gen_random_uuid(), 9",
}


@pytest.mark.parametrize("what", BEYOND)
async def test_the_database_itself_refuses_what_would_not_hold(town: Town, what: str) -> None:
    old = senior()
    await paid(town, old.senior_id)
    await town.hear(senior(old.senior_id, version=2, **DEAD))
    await town.approved("2026-10", [AGE])
    await town.hear(senior(old.senior_id, version=3))
    await town.approved("2026-10", [AGE])
    with pytest.raises(IntegrityError, match="would not hold"):
        async with town.database.transaction(Scope.everywhere()) as session:
            await session.execute(
                text(
                    "INSERT INTO ledger (account_id, kind, amount_fen, line_id, recovery_id, batch_id, sequence,"
                    f" recorded_by, confirmed_by, request_id) {BEYOND[what]}, 'one', 'two', gen_random_uuid()"
                    " FROM ledger WHERE kind = 'decided' ORDER BY line_id LIMIT 1"
                )
            )


@pytest.mark.parametrize("change", ["UPDATE ledger SET amount_fen = 1", "DELETE FROM ledger", "DELETE FROM accounts"])
async def test_what_was_entered_is_never_changed(town: Town, change: str) -> None:
    with pytest.raises(Exception, match="permission denied"):
        async with town.database.transaction(Scope.everywhere()) as session:
            await session.execute(text(change))
