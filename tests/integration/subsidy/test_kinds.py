"""An id means nothing without its kind: a hold, a listing and a history of one kind never touch another one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from shared.database import Scope
from tests.integration.subsidy.town import Town, admission, institution, listed, senior

MONTH = "2026-10"


async def due(town: Town, programme: str, **subject: Any) -> list[tuple[Any, ...]]:
    """What is due to a subject, and why not."""
    body = {"programme": programme, "month": MONTH} | {name: str(key) for name, key in subject.items()}
    found = await town.do("/v1/determinations", body)
    return [(one["amount"], one["outcome"], one["reason"]) for one in found["entitlements"]]


@pytest.mark.parametrize("kind", ["person", "organization"])
async def test_only_a_listing_of_the_organisation_itself_stops_what_it_gets(town: Town, kind: str) -> None:
    person, home = senior(), institution()
    await town.hear(person, home, admission(person.senior_id, home.organization_id))
    before = await due(town, "operating_subsidy", institution_id=home.organization_id)
    decision = listed(home.organization_id, date(2026, 9, 1)).model_copy(update={"subject_kind": kind})
    await town.hear(decision)
    after = await due(town, "operating_subsidy", institution_id=home.organization_id)
    assert (after == before) == (kind == "person")


@pytest.mark.parametrize("kind", ["senior", "organization"])
async def test_a_hold_of_one_kind_does_not_hold_another_of_the_same_id(town: Town, kind: str) -> None:
    person = senior()
    await town.hear(person, institution(person.senior_id))
    before = await due(town, "longevity_allowance", senior_id=person.senior_id)
    hold = {"subject_kind": kind, "subject_id": str(person.senior_id), "reason": "待核实"}
    await town.do("/v1/holds", hold, status=201)
    after = await due(town, "longevity_allowance", senior_id=person.senior_id)
    assert (after == before) == (kind == "organization")
    other = {"senior": "organization", "organization": "senior"}[kind]
    await town.do("/v1/holds", hold | {"subject_kind": other}, status=201)
    await town.do("/v1/holds", hold, status=409)


async def test_the_history_keeps_every_kind_of_an_id(town: Town) -> None:
    person = senior()
    await town.hear(person, institution(person.senior_id))
    body = {"programme": "longevity_allowance", "month": MONTH, "senior_id": str(person.senior_id)}
    now = await town.do("/v1/determinations", body)
    then = await town.do("/v1/determinations", body | {"known_at": "2099-01-01T00:00:00Z"})
    assert then["entitlements"] == now["entitlements"]
    async with town.database.transaction(Scope.everywhere()) as session:
        kinds = await session.scalars(text("SELECT kind FROM subject_versions ORDER BY kind"))
    assert list(kinds) == ["organization", "senior"]
