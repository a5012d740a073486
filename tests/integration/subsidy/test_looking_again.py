"""What comes up between approval and the bank holds the row, which says why, and goes out when the ground is gone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.ids import new_id
from tests.integration.subsidy.applying import RELIEF, Office
from tests.integration.subsidy.bank import answered, bring
from tests.integration.subsidy.town import Town, admission, delisted, institution, listed, senior

AGE, STAY = "longevity_allowance", "operating_subsidy"


class Place:
    """A person in a home, and what may come up about them."""

    def __init__(self, town: Town) -> None:
        self.town, self.who, self.home, self.stay, self.version = town, new_id(), new_id(), new_id(), 0
        self.decision = listed(self.home, date(2026, 10, 1))
        self.holds: list[str] = []

    async def person(self, **more: Any) -> None:
        """What the register knows of the person now."""
        self.version += 1
        await self.town.hear(senior(self.who, version=self.version, **more))

    async def lives_there(self, **more: Any) -> None:
        """What it knows of the stay."""
        self.version += 1
        values: dict[str, Any] = {"admission_id": self.stay, "version": self.version} | more
        await self.town.hear(admission(self.who, self.home, **values))

    async def hold(self, kind: str, subject: Any, *, on: bool) -> None:
        """A hold is placed or lifted."""
        if on:
            body = {"subject_kind": kind, "subject_id": str(subject), "reason": "核实"}
            self.holds.append((await self.town.do("/v1/holds", body, status=201))["id"])
        else:
            await self.town.do(f"/v1/holds/{self.holds.pop()}/lift", {"reason": "核实无误"})

    async def person_is_held(self, *, on: bool) -> None:
        """A hold of the person."""
        await self.hold("senior", self.who, on=on)

    async def home_is_held(self, *, on: bool) -> None:
        """A hold of the home."""
        await self.hold("organization", self.home, on=on)

    async def dies(self, *, on: bool) -> None:
        """Before the month."""
        await self.person(**({"died_on": date(2026, 9, 3)} if on else {}))

    async def moves(self, *, on: bool) -> None:
        """The household never lay here."""
        elsewhere = [{"region": "330102001000", "valid_from": "1990-01-01"}]
        await self.person(**({"residences": elsewhere} if on else {}))

    async def is_younger(self, *, on: bool) -> None:
        """The identity number was another."""
        await self.person(**({"born": date(1960, 3, 5)} if on else {}))

    async def leaves(self, *, on: bool) -> None:
        """Discharged before the month."""
        await self.lives_there(discharged_on=date(2026, 9, 30) if on else None)

    async def is_listed(self, *, on: bool) -> None:
        """The home is on a list, or was never to be."""
        await self.town.hear(self.decision if on else delisted(self.decision, date(2026, 10, 1)))

    async def changes_account(self, *, on: bool) -> None:
        """Of whoever is paid, in the registry."""
        self.town.pending = {str(self.who), str(self.home)} if on else set()


GROUNDS: dict[str, tuple[str, ...]] = {
    "a death": (AGE, "died_before_month", "dies"),
    "a move": (AGE, "", "moves"),
    "another identity number": (AGE, "", "is_younger"),
    "a hold of the person": (AGE, "human_hold", "person_is_held"),
    "a hold of the home": (STAY, "human_hold", "home_is_held"),
    "a hold of the resident": (STAY, "human_hold", "person_is_held"),
    "a death in the home": (STAY, "facts_withdrawn", "dies"),
    "a listing": (STAY, "listed", "is_listed"),
    "a discharge": (STAY, "facts_withdrawn", "leaves"),
    "another account": (AGE, "account_change_pending", "changes_account"),
    "another account of the home": (STAY, "account_change_pending", "changes_account"),
}
"""The programme, the code of the held row (where the law has one of its own, any), and what comes up."""


async def approved(place: Place, programme: str) -> dict[str, Any]:
    """One line, approved."""
    await place.person()
    await place.town.hear(institution(place.home))
    await place.lives_there()
    return await place.town.approved("2026-10", [programme])


async def held(town: Town, batch: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that are not in the file, with their reasons."""
    found: list[dict[str, Any]] = (await town.ask(f"/v1/payment-batches/{batch['id']}/items", state="held"))["items"]
    return found


@pytest.mark.parametrize("ground", GROUNDS)
async def test_a_row_waits_while_there_is_a_ground_and_goes_out_when_it_is_gone(town: Town, ground: str) -> None:
    programme, code, name = GROUNDS[ground]
    place = Place(town)
    run = await approved(place, programme)
    comes_up = getattr(place, name)
    await comes_up(on=True)
    batch = await town.batch(run["id"])
    assert (batch["rows"], batch["held"], batch["amount"], batch["state"]) == (0, 1, "0.00", "closed")
    (row,) = await held(town, batch)
    assert row["code"] == code or not code
    assert all(row["reason"][language] for language in ("zh", "en"))
    assert batch["held_amount"] == row["amount"]
    assert (await town.ask(f"/v1/runs/{run['id']}"))["state"] == "approved"
    await comes_up(on=False)
    second = await town.batch(run["id"])
    assert (second["rows"], second["held"], second["amount"]) == (1, 0, row["amount"])
    await bring(town, second["id"], await answered(town, second["id"]))
    assert (await town.ask(f"/v1/runs/{run['id']}"))["state"] == "paid"


async def test_a_returned_row_that_is_tried_again_is_looked_at_again(town: Town) -> None:
    place = Place(town)
    run = await approved(place, AGE)
    batch = await town.batch(run["id"])
    await bring(town, batch["id"], await answered(town, batch["id"], 1))
    await town.do(f"/v1/payment-batches/{batch['id']}/confirmations", {})
    await place.dies(on=True)
    second = await town.batch(run["id"])
    assert (second["rows"], second["held"]) == (0, 1)
    assert [row["code"] for row in await held(town, second)] == ["died_before_month"]


async def test_others_are_paid_while_one_row_waits_and_the_run_is_not_paid(town: Town) -> None:
    place = Place(town)
    await town.hear(senior())
    run = await approved(place, AGE)
    await place.dies(on=True)
    batch = await town.batch(run["id"])
    assert (batch["rows"], batch["held"], batch["no_account"]) == (1, 1, 0)
    await bring(town, batch["id"], await answered(town, batch["id"]))
    assert (await town.ask(f"/v1/runs/{run['id']}"))["state"] == "approved"
    again = await town.approved("2026-10", [AGE])
    assert [line["amount"] for line in await town.lines(again["id"])] == ["-60.00"]
    await town.do(f"/v1/runs/{run['id']}/payment-batches", {}, status=409)


async def test_a_withdrawn_application_holds_its_row(office: Office) -> None:
    person = senior()
    await office.hear(person)
    accepted = await office.accepted(RELIEF, {"economic_status": "destitute"}, senior_id=person.senior_id)
    run = await office.approved("2026-10", [RELIEF])
    await office.withdraw(accepted)
    batch = await office.batch(run["id"])
    assert (batch["rows"], batch["held"]) == (0, 1)
    assert [row["code"] for row in await held(office, batch)] == ["facts_withdrawn"]
