"""Why anybody is paid or not, at any moment."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.database import Scope
from shared.ids import new_id
from tests.integration.subsidy.town import Town, admission, institution, listed, meal, senior
from tests.support.database import execute

AGE, STAY, MEAL = "longevity_allowance", "operating_subsidy", "meal_subsidy"


async def determine(town: Town, programme: str, month: str = "2026-10", **who: Any) -> dict[str, Any]:
    """Ask for a determination."""
    body = {"programme": programme, "month": month} | {name: str(value) for name, value in who.items()}
    answer: dict[str, Any] = await town.do("/v1/determinations", body)
    return answer


async def test_somebody_too_young_hears_it_though_no_line_was_stored(town: Town) -> None:
    young = senior(born=date(1960, 1, 1))
    await town.hear(young)
    run = await town.run("2026-10", [AGE])
    assert await town.lines(run["id"]) == []
    told = await determine(town, AGE, senior_id=young.senior_id)
    assert (told["amount"], told["outcome"], told["reason"]) == ("0.00", "not_eligible", "outside_bands")
    assert told["trace"]["what_would_change"]
    assert told["lines"] == []


async def test_the_explanation_quotes_the_document_in_the_language_asked_for(town: Town) -> None:
    old = senior()
    await town.hear(old)
    body = {"programme": AGE, "month": "2026-10", "senior_id": str(old.senior_id)}
    for language, words in (("zh", "本月应发 60.00 元"), ("en", "Due this month: 60.00 yuan")):
        answer = await town.clerk.post("/v1/determinations", json=body, headers={"accept-language": language})
        assert words in answer.json()["text"]
    run = await town.run("2026-10", [AGE])
    (line,) = await town.lines(run["id"])
    told = await town.ask(f"/v1/lines/{line['id']}/explanation")
    sources = [step["source"] for step in told["trace"]["steps"] if step["source"]]
    assert sources
    assert all(source["clause"] and source["quotation"] for source in sources)
    assert (await determine(town, AGE, senior_id=old.senior_id))["lines"][0]["id"] == line["id"]


async def test_who_ate_nothing_and_lives_nowhere_is_told_that_nothing_is_on_record(town: Town) -> None:
    old = senior()
    await town.hear(old)
    for programme in (STAY, MEAL):
        told = await determine(town, programme, senior_id=old.senior_id)
        assert (told["amount"], told["reason"], told["trace"]) == ("0.00", "no_facts", None)


async def test_an_institution_is_determined_with_all_its_residents(town: Town) -> None:
    one, other, home = senior(), senior(), institution()
    stays = [admission(one.senior_id, home.organization_id), admission(other.senior_id, home.organization_id)]
    await town.hear(one, other, home, *stays, listed(home.organization_id, date(2026, 10, 16)))
    told = await determine(town, STAY, institution_id=home.organization_id)
    assert told["amount"] == "232.26"
    assert {entry["senior_id"] for entry in told["entitlements"]} == {str(one.senior_id), str(other.senior_id)}
    assert [decision["document_no"] for decision in told["listings"]] == ["民信〔2026〕1号"]
    refused = {"programme": AGE, "month": "2026-10", "institution_id": str(home.organization_id)}
    await town.do("/v1/determinations", refused, status=422)


async def test_what_was_known_then_is_judged_as_it_was_known_then(town: Town) -> None:
    old, home, vendor = senior(), institution(), new_id()
    stay = admission(old.senior_id, home.organization_id)
    await town.hear(old, home, stay, meal(old.senior_id, vendor, date(2026, 10, 1)))
    async with town.database.transaction(Scope.everywhere()) as session:
        then = (await session.scalar(text("SELECT clock_timestamp()"))).isoformat()
    await town.hear(
        senior(old.senior_id, version=2, died_on=date(2026, 9, 3)), listed(home.organization_id, date(2026, 9, 1))
    )
    await town.hear(meal(old.senior_id, vendor, date(2026, 10, 2)))
    before = {
        p: (await determine(town, p, senior_id=old.senior_id, known_at=then))["amount"] for p in (AGE, STAY, MEAL)
    }
    after = {p: (await determine(town, p, senior_id=old.senior_id))["amount"] for p in (AGE, STAY, MEAL)}
    assert before == {AGE: "60.00", STAY: "240.00", MEAL: "3.50"}
    assert after == {AGE: "0.00", STAY: "0.00", MEAL: "7.00"}


async def test_a_line_is_proved_from_what_was_frozen_whatever_happened_since(town: Town) -> None:
    old, home, vendor = senior(), institution(), new_id()
    await town.hear(
        old, home, admission(old.senior_id, home.organization_id), meal(old.senior_id, vendor, date(2026, 10, 1))
    )
    run = await town.run("2026-10")
    await town.hear(
        senior(old.senior_id, version=2, died_on=date(2026, 9, 3)),
        institution(home.organization_id, version=2, grade=5),
    )
    for line in await town.lines(run["id"]):
        proof = await town.do(f"/v1/lines/{line['id']}/proof")
        assert (proof["equal"], proof["law_unaltered"], proof["stored"]) == (True, True, line["amount"])
        assert proof["pack_hash"] == line["pack_hash"]


async def test_a_tampered_amount_fails_its_proof(town: Town, owner_url: str) -> None:
    await town.hear(senior())
    run = await town.run("2026-10", [AGE])
    (line,) = await town.lines(run["id"])
    await execute(owner_url, f"UPDATE subsidy.lines SET amount_fen = 9900 WHERE id = '{line['id']}'")
    proof = await town.do(f"/v1/lines/{line['id']}/proof")
    assert (proof["equal"], proof["stored"], proof["recomputed"]) == (False, "99.00", "60.00")


async def test_a_line_under_a_law_that_was_tampered_with_fails_its_proof(town: Town, owner_url: str) -> None:
    await town.hear(senior())
    run = await town.run("2026-10", [AGE])
    (line,) = await town.lines(run["id"])
    await execute(owner_url, f"UPDATE subsidy.packs SET content = content || ' ' WHERE hash = '{line['pack_hash']}'")
    proof = await town.do(f"/v1/lines/{line['id']}/proof")
    assert (proof["equal"], proof["law_unaltered"], proof["stored"]) == (False, False, proof["recomputed"])


async def test_the_service_itself_cannot_change_an_amount(town: Town) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with town.database.transaction(Scope.everywhere()) as session:
            await session.execute(text("UPDATE lines SET amount_fen = 1"))
