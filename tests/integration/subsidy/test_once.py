"""What is paid once is paid once per person and per bed, over all papers, homes, districts and months."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.integration.subsidy.applying import BUILD, WORKER, Office, beds, worker
from tests.integration.subsidy.town import Town, admission, institution, senior

STAY = "operating_subsidy"
SINCE = {"employed_since": "2022-03-01"}


async def test_a_worker_of_two_homes_is_one_person(office: Office) -> None:
    one, other = institution(), institution()
    await office.hear(one, other, worker(1))
    who: dict[str, Any] = {"worker_key": worker(1).worker_key}
    await office.accepted(WORKER, SINCE, organization_id=one.organization_id, first_month="2026-09", **who)
    await office.accepted(WORKER, SINCE, organization_id=other.organization_id, worker_ref="W-9", **who)
    twice = await office.apply(WORKER, SINCE, organization_id=other.organization_id, status=409, **who)
    assert twice["type"].endswith("subsidy/application-known")
    september = await office.settled("2026-09", WORKER)
    october = await office.settled("2026-10", WORKER)
    assert [(line["amount"], line["reason"]) for line in [*september, *october]] == [
        ("3000.00", None),
        ("0.00", "already_paid"),
    ]


@pytest.mark.parametrize("key", ["f" * 32, "W-1", "F" * 32])
async def test_a_key_that_the_registry_did_not_make_is_refused(office: Office, key: str) -> None:
    home = institution()
    await office.hear(home, worker(1))
    refused = await office.apply(WORKER, SINCE, organization_id=home.organization_id, worker_key=key, status=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/worker_key"]


@pytest.mark.parametrize(
    ("later", "paid"),
    [
        ([beds(10)], "0.00"),
        ([beds(10, "ordinary"), beds(5)], "50000.00"),
        ([beds(6, "ordinary"), beds(4)], "0.00"),
        ([beds(6, "ordinary"), beds(5)], "10000.00"),
        ([beds(5)], "0.00"),
        ([beds(12)], "20000.00"),
    ],
)
async def test_a_bed_is_paid_once_whatever_it_is_called(office: Office, later: list[Any], paid: str) -> None:
    home = institution()
    await office.hear(home)
    await office.accepted(BUILD, beds(10, "ordinary"), organization_id=home.organization_id, first_month="2026-09")
    await office.settled("2026-09", BUILD)
    await office.accepted(BUILD, *later, organization_id=home.organization_id)
    (line,) = [line for line in await office.settled("2026-10", BUILD) if line["month"] == "2026-10"]
    assert line["amount"] == paid


@pytest.mark.parametrize("elsewhere", ["321202000000", "321203000000"])
@pytest.mark.parametrize(("begins", "total"), [(16, 24000), (15, 0), (1, 0)])
async def test_a_resident_of_two_homes_in_a_month_makes_one_month(
    town: Town, elsewhere: str, begins: int, total: int
) -> None:
    old, home, other = senior(), institution(), institution(region=elsewhere)
    first = admission(old.senior_id, home.organization_id, discharged_on=date(2026, 10, 15))
    second = admission(
        old.senior_id, other.organization_id, region=elsewhere, admitted_on=date(2026, 10, begins),
        care_levels=[{"level": "disabled", "valid_from": "2026-09-01"}],
    )  # fmt: skip
    await town.hear(old, home, other, first, second)
    lines = await town.lines((await town.run("2026-10", [STAY]))["id"])
    if elsewhere != "321202000000":
        assert {line["beneficiary_id"] for line in lines} == {str(home.organization_id)}
        total = total and 11613
    assert sum(round(float(line["amount"]) * 100) for line in lines) == total
    assert {line["outcome"] for line in lines} == ({"paid"} if total else {"held"})
    assert {line["reason"] for line in lines} == ({None} if total else {"days_counted_twice"})


async def test_an_institution_determines_its_residents_beside_their_other_stays(town: Town) -> None:
    old, home, other = senior(), institution(), institution()
    first = admission(old.senior_id, home.organization_id, discharged_on=date(2026, 10, 15))
    second = admission(old.senior_id, other.organization_id, admitted_on=date(2026, 10, 15))
    await town.hear(old, home, other, first, second)
    asked = {"programme": STAY, "month": "2026-10", "institution_id": str(home.organization_id)}
    told = await town.do("/v1/determinations", asked)
    assert {one["beneficiary_id"] for one in told["entitlements"]} == {str(home.organization_id)}
    assert (told["amount"], told["reason"]) == ("0.00", "days_counted_twice")
