"""Runs of every level of region: those of the parts hold the lines of the whole, each line in exactly one of them."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.contracts.base import Event
from shared.database import Scope
from shared.ids import new_id
from tests.integration.subsidy.town import SAMPLE, SCOPES, Town, admission, institution, meal, senior
from tests.support.proof import PROOF
from tests.support.services import ServiceFactory

STREETS = ("321202001000", "321202003000", "321203001000", "321203400000")
PLACES = (*STREETS, "321202000000", "321203000000", "321271000000", "321200000000")
ELSEWHERE = "330102001000"
Cut = tuple[tuple[str, bool], ...]
CUTS: dict[str, Cut] = {
    "counties": (
        ("321202000000", False), ("321203000000", False), ("321271000000", False), ("321200000000", True),
    ),
    "townships": (
        *((street, False) for street in STREETS),
        *((own, True) for own in ("321202000000", "321203000000", "321200000000")),
        ("321271000000", False),
    ),
}  # fmt: skip
"""How a city is cut: regions, and whether a run is for that unit alone."""
Line = tuple[Any, ...]


@pytest.fixture
async def city(start_service: ServiceFactory) -> Town:
    """A subsidy service whose clerks look after everything."""
    town = Town(await start_service("subsidy", roles="api", policy_overrides=str(SAMPLE)))
    town.clerk = town.running.client(*SCOPES, subject="clerk", regions=("3",))
    town.second = town.running.client(*SCOPES, subject="second", regions=("3",))
    return town


def everybody(chance: Random, people: int) -> tuple[list[Event], list[Event]]:
    """People, homes and meals everywhere; and what is told of them later: moves, deaths, discharges, meals."""
    homes = [institution(new_id(), region=place) for place in (*PLACES, *PLACES)]
    vendors, said, later = [new_id() for _ in range(3)], list[Event](homes), list[Event]()
    for number in range(people):
        place = PLACES[number % len(PLACES)]
        who = senior(born=date(1930, 1, 1) + timedelta(days=chance.randint(0, 7000)), region=place)
        moved = _moved(chance, who, 2) if chance.random() < 0.4 else None
        (said if chance.random() < 0.5 else later).extend([moved] if moved else [])
        said.append(who)
        if chance.random() < 0.4:
            home = chance.choice(homes)
            stay = admission(who.senior_id, home.organization_id, region=home.region)
            said.append(stay)
            if chance.random() < 0.4:
                later.append(stay.model_copy(update={"version": 2, "discharged_on": date(2026, 10, 9)}))
        if chance.random() < 0.4:
            said.append(meal(who.senior_id, chance.choice(vendors), date(2026, 10, chance.randint(1, 31))))
            later.append(meal(who.senior_id, chance.choice(vendors), date(2026, 10, chance.randint(1, 31))))
        if chance.random() < 0.2:
            later.append((moved or who).model_copy(update={"version": 3, "died_on": date(2026, 9, 20)}))
    return said, later


def _moved(chance: Random, who: Any, version: int) -> Any:
    day = date(2026, chance.randint(9, 11), chance.choice([1, 2, 15, 28]))
    to = chance.choice([*PLACES, ELSEWHERE])
    first = {"region": who.region, "valid_from": "1990-01-01", "valid_to": (day - timedelta(days=1)).isoformat()}
    residences = [first, {"region": to, "valid_from": day.isoformat()}]
    return senior(who.senior_id, born=who.birth_date, region=to, version=version, residences=residences)


async def _opened(town: Town, month: str, region: str, *, alone: bool) -> str:
    made = await town.run(month, region=region, only_itself=alone)
    await town.do(f"/v1/runs/{made['id']}/submit")
    return str(made["id"])


async def _lines(town: Town, run_id: str) -> list[Line]:
    async with town.database.transaction(Scope.everywhere()) as session:
        rows = await session.execute(
            text(
                "SELECT programme, month, senior_id, beneficiary_id, sequence, kind, region, amount_fen, outcome,"
                " reason"
                " FROM lines WHERE run_id = :id"
            ),
            {"id": run_id},
        )
        return [tuple(row) for row in rows]


def _said(lines: list[Line]) -> Counter[Line]:
    """What the lines say. Their number tells which run came first, and nothing else."""
    return Counter(line[:4] + line[5:] for line in lines)


async def _worked_out(town: Town, month: str, cut: Cut, decision: str) -> list[Line]:
    """All lines of the runs of a cut, decided in this way."""
    found: list[Line] = []
    runs = [await _opened(town, month, region, alone=alone) for region, alone in cut]
    for run_id in runs:
        found += await _lines(town, run_id)
        await town.do(f"/v1/runs/{run_id}/{decision}", {"reason": "试算"}, town.second)
    return found


@pytest.mark.parametrize("seed", range(1, 13 if PROOF else 2))
async def test_the_runs_of_all_parts_hold_the_lines_of_the_whole_and_none_twice(city: Town, seed: int) -> None:
    said, later = everybody(Random(seed), 90)
    await city.hear(*said)
    whole = await _worked_out(city, "2026-10", (("321200000000", False),), "reject")
    assert len(whole) > 80
    for cut in CUTS.values():
        assert _said(await _worked_out(city, "2026-10", cut, "reject")) == _said(whole)
    assert _said(await _worked_out(city, "2026-10", CUTS["townships"], "approve")) == _said(whole)
    await city.hear(*later)
    corrected = await _worked_out(city, "2026-11", (("321200000000", False),), "reject")
    assert sum(line[5] != "regular" for line in corrected) > 20
    for cut in CUTS.values():
        assert _said(await _worked_out(city, "2026-11", cut, "reject")) == _said(corrected)


async def test_a_month_that_another_run_had_paid_is_paid_here_once_that_run_is_rejected(city: Town) -> None:
    """Refused here, and part of it, since another run had paid: nothing new is told of the person, only of the run."""
    who = senior(region=STREETS[0])
    await city.hear(who)
    first = await _opened(city, "2026-10", STREETS[0], alone=False)
    homes: list[Any] = [{"region": STREETS[0], "valid_from": "1990-01-01", "valid_to": "2026-05-31"}]
    homes.append({"region": STREETS[1], "valid_from": "2026-06-01", "valid_to": None})
    await city.hear(senior(who.senior_id, region=STREETS[1], version=2, residences=homes))
    (other,) = await _worked_out(city, "2026-10", ((STREETS[1], False),), "approve")
    assert (other[7], other[9]) == (0, "decided_in_another_run")
    await city.do(f"/v1/runs/{first}/reject", {"reason": "试算"}, city.second)
    later = await _worked_out(city, "2026-11", ((STREETS[1], False),), "approve")
    october = [line for line in later if line[1] == date(2026, 10, 1)]
    assert [(line[2], line[5], line[7]) for line in october] == [(who.senior_id, "arrears", 6000)]
    again = await _worked_out(city, "2026-11", ((STREETS[1], False), (STREETS[0], False)), "approve")
    assert [line for line in again if line[1] == date(2026, 10, 1)] == []


async def test_a_look_back_pays_nobody_where_the_first_run_is_still_to_come(city: Town) -> None:
    here, there = senior(region=STREETS[0]), senior(region=STREETS[1])
    await city.hear(here, there)
    await _worked_out(city, "2026-10", ((STREETS[0], False),), "approve")
    born_before: dict[str, Any] = {"born": date(1926, 1, 1), "version": 2}
    await city.hear(*(senior(one.senior_id, region=one.region, **born_before) for one in (here, there)))
    county = await _worked_out(city, "2026-11", (("321202000000", False),), "approve")
    corrected = [line for line in county if line[1] == date(2026, 10, 1)]
    assert {line[2] for line in corrected} == {here.senior_id}
    late = await _worked_out(city, "2026-10", ((STREETS[1], False),), "approve")
    assert [(line[2], line[5]) for line in late if line[1] == date(2026, 10, 1)] == [(there.senior_id, "regular")]


async def test_the_database_refuses_a_line_outside_the_area_of_its_run(city: Town) -> None:
    await city.hear(senior(region=STREETS[0]))
    run = await city.run("2026-10", region=STREETS[0])
    with pytest.raises(DBAPIError, match="lies outside the area"):
        async with city.database.transaction(Scope.everywhere()) as session:
            await session.execute(
                text("UPDATE run_scopes SET area = ARRAY['321202003'] WHERE run_id = :id"), {"id": run["id"]}
            )
