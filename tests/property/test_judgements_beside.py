"""Whatever the order in which facts come between batches of two vendors for the same seniors, every delivery ends as if
all facts had been known first, and the last event about it says so."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from shared.contracts import Event
from shared.ids import new_id
from tests.integration.visits.conftest import Visits, visits
from tests.support.visits import BATCH, YESTERDAY, delisted, event, listed, organization, senior, stay

__all__ = ["visits"]
DAY = timedelta(days=1)
HOME = {"region": "321202001000", "valid_from": "2020-01-01"}
CONTRACT = {"contract_id": new_id(), "service": "meal", "region": "321202000000", "valid_from": "2020-01-01"}
FAR = {"latitude": 32.6, "longitude": 119.9, "datum": "GCJ02", "accuracy_m": 15}
AS_IT_STANDS = """
SELECT d.delivery_id::text, d.vendor_id, d.event_id, d.status, coalesce(x.reasons, d.reasons) AS reasons
FROM deliveries d LEFT JOIN delivery_decisions x ON x.delivery_id = d.delivery_id AND x.decision = d.decision
ORDER BY d.vendor_id, d.event_id
"""

Batch = tuple[UUID, list[dict[str, Any]]]


class Town:
    """Two seniors, two vendors with two couriers, their facts and their batches, all drawn."""

    def __init__(self, chance: Random) -> None:
        self.chance, self.seniors, self.vendors = chance, [new_id(), new_id()], [new_id(), new_id()]
        self.first: list[Event] = [*map(senior, self.seniors), *map(organization, self.vendors)]
        self.facts: list[Event] = [
            *(senior(each, version, **self._life()) for each in self.seniors for version in (2, 3, 4)),
            *(stay(each, self._day(), self._end(), version) for each in self.seniors for version in (1, 2)),
            *(organization(each, version, **self._contract()) for each in self.vendors for version in (2, 3)),
            *(fact for each in self.vendors for fact in self._listing(each)),
        ]
        self.batches = [self._batch(number) for number in range(8)]

    def _batch(self, number: int) -> Batch:
        vendor = self.chance.choice(self.vendors)
        return vendor, [self._meal(vendor, f"e-{number}-{n}") for n in range(self.chance.choice((1, 1, 3, 5)))]

    def _meal(self, vendor: UUID, event_id: str) -> dict[str, Any]:
        draw = self.chance
        day, hour, worker = YESTERDAY - draw.randrange(4) * DAY, draw.choice((7, 11, 11)), draw.choice("cd")
        place = {"place": FAR} if draw.random() < 0.3 else {}
        who = str(draw.choice(self.seniors))
        return event(0, vendor, event_id, senior_id=who, day=day, hour=hour, worker_ref=worker, **place)

    def _day(self) -> date:
        return YESTERDAY - self.chance.randrange(6) * DAY

    def _end(self) -> date | None:
        return self.chance.choice([None, YESTERDAY + DAY])

    def _life(self) -> dict[str, Any]:
        left = {"status": "moved_out", "residences": [HOME | {"valid_to": self._day()}]}
        there = {"region": "321203001000", "valid_from": self._day()}
        moved = {"region": "321203001000", "residences": [HOME, there]}
        return self.chance.choice([{}, {"died_on": self._day(), "status": "deceased"}, left, moved])

    def _contract(self) -> dict[str, Any]:
        return self.chance.choice(
            [
                {},
                {"status": "closed", "closed_on": self._day()},
                {"contracts": [CONTRACT | {"valid_to": self._day()}]},
                {"contracts": [CONTRACT, CONTRACT | {"region": "321203000000", "valid_to": self._day()}]},
                {"contracts": [CONTRACT | {"valid_from": self._day()}]},
            ]
        )

    def _listing(self, vendor: UUID) -> list[Event]:
        decision = {"decision_id": new_id()}
        begins = listed(vendor, self._day(), until=self.chance.choice([None, self._day()]))
        return [each.model_copy(update=decision) for each in (begins, delisted(vendor, self._day()))]

    def order(self) -> list[Event | Batch]:
        """The batches in their order, and the facts in any, some of them twice."""
        facts = [*self.facts, *self.chance.sample(self.facts, 4)]
        self.chance.shuffle(facts)
        order: list[Event | Batch] = list(facts)
        places = sorted((self.chance.randrange(len(facts) + 1) for _ in self.batches), reverse=True)
        for place, batch in zip(places, reversed(self.batches), strict=True):
            order.insert(place, batch)
        return order


async def _end(visits: Visits, town: Town, order: list[Event | Batch]) -> list[tuple[UUID, str, str, list[str]]]:
    await visits.tell(*town.first)
    for each in order:
        if isinstance(each, Event):
            await visits.tell(each)
            continue
        async with visits.vendor(each[0], ("3212",)) as vendor:
            answer = await vendor.post("/v1/deliveries/batch", json=each[1], headers=BATCH)
        assert {result["outcome"] for result in answer.json()["results"]} == {"recorded"}
    rows = await visits.rows(AS_IT_STANDS)
    told = {data["delivery_id"]: kind for kind, data in await visits.events()}
    assert all(told[row["delivery_id"]].replace("reversed", "rejected") == row["status"] for row in rows)
    return [(row["vendor_id"], row["event_id"], row["status"], sorted(row["reasons"])) for row in rows]


async def _forget(visits: Visits) -> None:
    for table in ("deliveries", "delivery_keys", "seniors", "organizations", "admissions", "listings"):
        await visits.rows(f"DELETE FROM {table}")


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_of_facts_between_batches_ends_in_the_same_verdicts(visits: Visits, seed: int) -> None:
    town = Town(Random(seed))
    facts_first = await _end(visits, town, [*town.facts, *town.batches])
    for _ in range(2):
        await _forget(visits)
        assert await _end(visits, town, town.order()) == facts_first
