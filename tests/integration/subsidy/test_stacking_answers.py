"""What another benefit of the month takes off, as a determination and a senior's view answer it."""

from __future__ import annotations

from shared.ids import new_id
from tests.integration.subsidy.beside import AGE, EXCLUDED, MEAL, PAIR, UNDECIDED, Open, meals
from tests.integration.subsidy.town import senior


async def test_a_determination_tells_what_another_benefit_takes_off_and_what_else_could_be_chosen(
    open_town: Open,
) -> None:
    town, old = await open_town("EXCLUDE"), senior()
    await town.hear(old, *meals(old, new_id(), 2))
    body = {"programme": MEAL, "month": "2026-10", "senior_id": str(old.senior_id)}
    found = await town.do("/v1/determinations", body)
    assert (found["amount"], found["outcome"], found["reason"]) == ("0.00", "not_eligible", EXCLUDED)
    beside = {name: found["together"][name] for name in ("due", "other", "other_amount", "relation", "rule")}
    assert beside == {"due": "14.00", "other": AGE, "other_amount": "60.00", "relation": "EXCLUDE", "rule": PAIR}
    assert found["choices"] == [{"programmes": [MEAL], "amount": "14.00"}]
    assert found["text"].startswith(found["together"]["text"])
    best = await town.do("/v1/determinations", body | {"programme": AGE})
    assert (best["amount"], best["together"]) == ("60.00", None)


async def test_the_view_of_a_senior_shows_each_alone_the_best_choice_and_the_others(open_town: Open) -> None:
    town, old = await open_town("EXCLUDE"), senior()
    await town.hear(old, *meals(old, new_id(), 2))
    found = await town.ask(f"/v1/seniors/{old.senior_id}/entitlements", month="2026-10")
    items = {one["programme"]: (one["alone"], one["amount"], one["outcome"]) for one in found["items"]}
    assert (items[AGE], items[MEAL]) == (("60.00", "60.00", "paid"), ("14.00", "0.00", "not_eligible"))
    assert found["best"] == {"programmes": [AGE], "amount": "60.00"}
    assert found["choices"] == [{"programmes": [MEAL], "amount": "14.00"}]


async def test_an_undecided_pair_stops_a_determination_with_who_decides(open_town: Open) -> None:
    town, old = await open_town(None), senior()
    await town.hear(old, *meals(old, new_id(), 2))
    body = {"programme": AGE, "month": "2026-10", "senior_id": str(old.senior_id)}
    found = await town.do("/v1/determinations", body)
    assert (found["amount"], found["outcome"], found["reason"]) == ("0.00", "held", UNDECIDED)
    assert (found["together"]["relation"], found["together"]["rule"]) == (None, PAIR)
    assert "民政部门会同财政部门" in found["text"]
