"""Whatever the order in which facts and deliveries come, every delivery ends as if all facts had been known first."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from shared.contracts import Event
from shared.ids import new_id
from tests.integration.visits.conftest import Visits, visits
from tests.support.visits import YESTERDAY, delisted, listed, organization, plain, senior, stay

__all__ = ["visits"]
DAY = timedelta(days=1)
HOME = {"region": "321202001000", "valid_from": "2020-01-01"}


class Town:
    """One senior, one vendor, their facts and their deliveries, all drawn."""

    def __init__(self, chance: Random) -> None:
        self.chance, self.senior, self.vendor, self.decision = chance, new_id(), new_id(), new_id()
        self.first: list[Event] = [senior(self.senior), organization(self.vendor)]
        self.facts: list[Event] = [
            *(senior(self.senior, version, **self._life()) for version in (2, 3, 4)),
            *(organization(self.vendor, version, **self._contract()) for version in (2, 3)),
            *(stay(self.senior, self._day(), self._end(), version) for version in (1, 2)),
            listed(self.vendor, self._day()).model_copy(update={"decision_id": self.decision}),
            delisted(self.vendor, self._day()).model_copy(update={"decision_id": self.decision}),
        ]
        self.deliveries = [
            plain(event_id=f"e-{n}", vendor_id=self.vendor, senior_id=str(self.senior), day=YESTERDAY - n * DAY)
            for n in range(0, 10, 2)
        ]

    def _day(self) -> Any:
        return YESTERDAY - self.chance.randrange(12) * DAY

    def _end(self) -> Any:
        return YESTERDAY + DAY if self.chance.random() < 0.5 else None

    def _life(self) -> dict[str, Any]:
        left = {"status": "moved_out", "residences": [HOME | {"valid_to": self._day()}]}
        return self.chance.choice([{}, {"died_on": self._day(), "status": "deceased"}, left, {"residences": [HOME]}])

    def _contract(self) -> dict[str, Any]:
        contract = {"contract_id": self.vendor, "service": "meal", "region": "321202000000"}
        return self.chance.choice(
            [
                {"status": "closed", "closed_on": self._day()},
                {"contracts": [contract | {"valid_from": "2020-01-01", "valid_to": self._day()}]},
                {"contracts": [contract | {"valid_from": self._day()}]},
            ]
        )


async def _end(visits: Visits, town: Town, order: list[Any]) -> list[tuple[str, str, list[str]]]:
    await visits.tell(*town.first)
    async with visits.vendor(town.vendor) as vendor:
        for each in order:
            if isinstance(each, Event):
                await visits.tell(each)
            else:
                assert (await vendor.post("/v1/deliveries", json=each)).status_code == 201
        items = (await vendor.get("/v1/deliveries")).json()["items"]
    return sorted((i["event_id"], i["status"], sorted(r["code"] for r in i["reasons"])) for i in items)


async def _forget(visits: Visits, vendor_id: UUID) -> None:
    for table in ("deliveries", "delivery_keys"):
        await visits.rows(f"DELETE FROM {table} WHERE vendor_id = $1", vendor_id)
    for table in ("seniors", "organizations", "admissions", "listings"):
        await visits.rows(f"DELETE FROM {table}")


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_of_facts_and_deliveries_ends_in_the_same_verdicts(visits: Visits, seed: int) -> None:
    town = Town(Random(seed))
    facts_first = await _end(visits, town, [*town.facts, *town.deliveries])
    for _ in range(3):
        await _forget(visits, town.vendor)
        order: list[Any] = [*town.facts, *town.deliveries, *town.chance.sample(town.facts, 3)]
        town.chance.shuffle(order)
        assert await _end(visits, town, order) == facts_first
