"""A town made by chance: every fact of a month, with changes of mind, in an order that a seed decides."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from shared.contracts.base import Event
from shared.ids import new_id
from tests.integration.subsidy.town import REGION, admission, delisted, institution, listed, meal, reversal, senior

ELSEWHERE = "330102001000"


def events(seed: int, people: int) -> list[Event]:
    """What all services say of a town with some people."""
    chance = Random(seed)
    homes, vendors, said = [new_id() for _ in range(3)], [new_id() for _ in range(2)], list[Event]()
    for home in homes:
        said += [_home(chance, home, version) for version in (1, 2)]
    for subject in (homes[0], vendors[0]):
        decision = listed(subject, _october(chance))
        said += [decision] + ([delisted(decision, _october(chance))] if chance.random() < 0.5 else [])
    for _ in range(people):
        said += _person(chance, homes, vendors)
    return said


def _october(chance: Random) -> date:
    return date(2026, 10, chance.randint(1, 31))


def _home(chance: Random, home: Any, version: int) -> Event:
    turn = _october(chance)
    before, after = chance.sample(range(1, 6), 2)
    grades = [
        {"grade": before, "valid_from": "2024-01-01", "valid_to": (turn - timedelta(days=1)).isoformat()},
        {"grade": after, "valid_from": turn.isoformat()},
    ]
    mode = chance.choice(["private", "public_built_private_run", "public"])
    return institution(
        home, version=version, grades=grades, operation_modes=[{"mode": mode, "valid_from": "2020-01-01"}]
    )


def _person(chance: Random, homes: list[Any], vendors: list[Any]) -> list[Event]:
    born = date(1924, 1, 1) + timedelta(days=chance.randint(0, 9000))
    facts: dict[str, Any] = {"born": born, "registered_on": date(2026, chance.randint(1, 10), 5)}
    said: list[Event] = [first := senior(**facts)]
    if chance.random() < 0.2:
        facts["died_on"] = date(2026, chance.randint(8, 11), chance.randint(1, 30))
    if chance.random() < 0.2:
        moved = _october(chance)
        facts["residences"] = [
            {"region": ELSEWHERE, "valid_from": "1950-01-01", "valid_to": (moved - timedelta(days=1)).isoformat()},
            {"region": "321202002000", "valid_from": moved.isoformat()},
        ]
    said.append(senior(first.senior_id, version=2, **facts))
    if chance.random() < 0.5:
        said += _stay(chance, first.senior_id, chance.choice(homes))
    for _ in range(chance.randint(0, 6)):
        said += _meal(chance, first.senior_id, chance.choice(vendors))
    return said


def _stay(chance: Random, who: Any, home: Any) -> list[Event]:
    levels = ["self_care", "partly_disabled", "disabled"]
    turn, first = _october(chance), admission(who, home, level=chance.choice(levels))
    care = [
        {
            "level": chance.choice(levels),
            "valid_from": "2026-09-01",
            "valid_to": (turn - timedelta(days=1)).isoformat(),
        },
        {"level": chance.choice(levels), "valid_from": turn.isoformat()},
    ]
    left = _october(chance) if chance.random() < 0.3 else None
    return [
        first,
        admission(
            who, home, admission_id=first.admission_id, version=2, care_levels=care, discharged_on=left, region=REGION
        ),
    ]


def _meal(chance: Random, who: Any, vendor: Any) -> list[Event]:
    delivered = meal(who, vendor, _october(chance), meals=chance.randint(1, 3))
    said: list[Event] = [delivered]
    if chance.random() < 0.3:
        said.append(reversal(delivered))
    if len(said) > 1 and chance.random() < 0.5:
        said.append(meal(who, vendor, delivered.service_date, delivery_id=delivered.delivery_id, sequence=3, meals=1))
    return said
