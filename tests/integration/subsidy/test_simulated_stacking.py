"""A simulation beside a real run of the same month: several benefits of one senior come to the same on both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.subsidy.simulations import repository
from shared.ids import new_id
from tests.integration.subsidy.applying import BATH, Office
from tests.integration.subsidy.beside import AGE, COUNTED, EXCLUDED, MEAL, PAIR, UNDECIDED, Open, decided, meals
from tests.integration.subsidy.simulating import RAISED, told, worked_out
from tests.integration.subsidy.town import Town, institution, senior
from tests.property.population import events
from tests.support.services import ServiceFactory

AID, BATH_AND_AID = "aid_rental", "stacking.bath_subsidy.aid_rental"
Paid = dict[str, tuple[str, int]]


async def by_run(town: Town, programmes: Sequence[str]) -> tuple[Paid, set[tuple[str, str]]]:
    """Of a run of October: sum and paid people by programme, and (programme, reason) of what is less or nothing."""
    run = await town.run("2026-10", programmes)
    lines = await town.lines(run["id"])
    people = {code: {one["senior_id"] for one in lines if _pays(one, code)} for code in programmes}
    paid = {scope["programme"]: (scope["amount"], len(people[scope["programme"]])) for scope in run["scopes"]}
    return paid, {(one["programme"], one["reason"]) for one in lines if one["stacking"]}


def _pays(line: dict[str, Any], programme: str) -> bool:
    return bool(line["programme"] == programme and line["amount"] != "0.00")


def by_simulation(result: dict[str, Any], side: str = "today") -> Paid:
    """The same of one side of a simulation."""
    return {cell["programme"]: (cell[side], cell[f"paid_{side}"]) for cell in result["cells"]}


async def crowd(town: Town) -> None:
    """Who has only the allowance, who has more of one benefit or of the other, and who eats with two vendors."""
    alone, little, much, twice = senior(), senior(), senior(), senior(born=date(1930, 3, 5))
    eaten = [*meals(little, new_id(), 2), *meals(much, new_id(), 10)]
    await town.hear(alone, little, much, twice, *eaten)
    await town.hear(*meals(twice, new_id(), 8), *meals(twice, new_id(), 6, first=11))


@pytest.mark.parametrize(
    ("choice", "paid", "why"),
    [
        ("ADD", {AGE: ("280.00", 4), MEAL: ("182.00", 3)}, set()),
        ("EXCLUDE", {AGE: ("220.00", 3), MEAL: ("70.00", 1)}, {(AGE, EXCLUDED), (MEAL, EXCLUDED)}),
        ("HIGHER_OF", {AGE: ("220.00", 3), MEAL: ("70.00", 1)}, {(AGE, EXCLUDED), (MEAL, EXCLUDED)}),
        ("COUNT_AGAINST", {AGE: ("108.00", 3), MEAL: ("182.00", 3)}, {(AGE, COUNTED)}),
        (None, {AGE: ("60.00", 1), MEAL: ("0.00", 0)}, {(AGE, UNDECIDED), (MEAL, UNDECIDED)}),
    ],
)
async def test_a_simulation_of_todays_law_comes_to_what_a_run_pays(
    open_town: Open, choice: str | None, paid: Paid, why: set[tuple[str, str]]
) -> None:
    town = await open_town(choice)
    await crowd(town)
    result = await worked_out(town, programmes=[AGE, MEAL])
    assert by_simulation(result) == by_simulation(result, "changed") == paid
    assert result["reasons"] == []
    alone = await worked_out(town, programmes=[MEAL])
    assert by_simulation(alone) == {MEAL: paid[MEAL]}
    assert await by_run(town, [AGE, MEAL]) == (paid, why)


@pytest.mark.parametrize(("choice", "seed"), [("EXCLUDE", 11), ("COUNT_AGAINST", 12), (None, 13)])
async def test_a_whole_population_costs_what_a_run_pays(open_town: Open, choice: str | None, seed: int) -> None:
    town = await open_town(choice)
    await town.hear(*events(seed, 40))
    result = await worked_out(town, programmes=[AGE, MEAL])
    paid, reasons = await by_run(town, [AGE, MEAL])
    assert reasons
    assert by_simulation(result) == paid


@pytest.mark.parametrize(("choice", "why"), [("EXCLUDE", EXCLUDED), ("HIGHER_OF", EXCLUDED), (None, UNDECIDED)])
async def test_two_programmes_fed_by_applications_do_not_share_their_facts(
    start_service: ServiceFactory, tmp_path: Path, choice: str | None, why: str
) -> None:
    own = decided(tmp_path, choice, pair=BATH_AND_AID)
    office = Office(await start_service("subsidy", roles="api", policy_overrides=str(own)))
    little, much, home = senior(), senior(), institution()
    await office.hear(little, much, home)
    for one, days in ((little, (1,)), (much, (1, 2, 3))):
        who: dict[str, Any] = {"senior_id": one.senior_id, "organization_id": home.organization_id}
        device = {"device": "care_bed", "care_level": "disabled", "contract_signed": True}
        await office.accepted(AID, device, **who)
        bath = {"bath_mode": "home", "disabled": True, "units": 1}
        await office.accepted(BATH, *(bath | {"service_date": f"2026-10-0{day}"} for day in days), **who)
    result = await worked_out(office, programmes=[AID, BATH])
    paid, reasons = await by_run(office, [AID, BATH])
    assert by_simulation(result) == paid
    assert paid == ({AID: ("100.00", 1), BATH: ("180.00", 1)} if choice else {AID: ("0.00", 0), BATH: ("0.00", 0)})
    assert reasons == {(AID, why), (BATH, why)}


async def test_a_change_of_the_rule_itself_newly_excludes(open_town: Open) -> None:
    town, old, alone = await open_town("ADD"), senior(), senior()
    await town.hear(old, alone, *meals(old, new_id(), 2), *meals(alone, new_id(), 1))
    rule = [{"parameter": PAIR, "choice": "EXCLUDE"}]
    result = await worked_out(town, programmes=[MEAL, AGE], values=rule)
    assert by_simulation(result) == {AGE: ("120.00", 2), MEAL: ("21.00", 2)}
    assert by_simulation(result, "changed") == {AGE: ("120.00", 2), MEAL: ("0.00", 0)}
    assert told(result["total"], "no_longer", "no_longer_sum", "unchanged") == (2, "-21.00", 2)
    (reason,) = result["reasons"]
    assert told(reason, "programme", "people", "difference") == (MEAL, 2, "-21.00")
    assert (reason["today"]["outcome"], reason["today"]["reason"]) == ("paid", None)
    assert (reason["changed"]["outcome"], reason["changed"]["reason"]) == ("not_eligible", EXCLUDED)
    assert "同月已享受另一项待遇" in reason["changed"]["text"]["zh"]


async def test_a_dearer_allowance_excludes_meals_even_if_only_meals_are_asked_for(open_town: Open) -> None:
    town, old = await open_town("HIGHER_OF"), senior()
    await town.hear(old, *meals(old, new_id(), 10))
    result = await worked_out(town, programmes=[MEAL], values=[RAISED])
    assert by_simulation(result) == {MEAL: ("70.00", 1)}
    assert by_simulation(result, "changed") == {MEAL: ("0.00", 0)}
    (reason,) = result["reasons"]
    assert reason["changed"]["reason"] == EXCLUDED


async def test_a_relation_that_a_town_does_not_know_is_refused(open_town: Open) -> None:
    town = await open_town("ADD")
    body = {"region": "321202000000", "first_month": "2026-10", "values": [{"parameter": PAIR, "choice": "BOTH"}]}
    client = town.running.client("subsidy.simulations:write", regions=("321202",))
    refused = await town.do("/v1/simulations", body, client, 422)
    assert {(error["pointer"], error["code"]) for error in refused["errors"]} == {
        ("/values/0/choice", "unknown_choice")
    }


@pytest.mark.parametrize(("choice", "read"), [("ADD", [MEAL]), ("EXCLUDE", [AGE, MEAL])])
async def test_no_more_is_read_where_every_pair_is_added(
    open_town: Open, monkeypatch: pytest.MonkeyPatch, choice: str, read: list[str]
) -> None:
    town, old, asked, plain = await open_town(choice), senior(), [], repository.read
    await town.hear(old, *meals(old, new_id(), 2))

    async def watched(session: Any, facts: Any, values: Any) -> Any:
        asked.append(values["programme"])
        return await plain(session, facts, values)

    monkeypatch.setattr(repository, "read", watched)
    await worked_out(town, programmes=[MEAL])
    assert asked == read
