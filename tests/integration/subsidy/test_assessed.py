"""Assessments of the register reach money: levels of residents by the day, and whether somebody is assessed at all."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.subsidy.engine import POLICIES
from shared.ids import new_id
from tests.integration.subsidy.applying import NURSING, Office
from tests.integration.subsidy.test_determinations import AGE, STAY, determine
from tests.integration.subsidy.test_disputes import leads
from tests.integration.subsidy.town import Town, admission, institution, senior
from tests.support.services import ServiceFactory

THERE = "510903000000"
DECIDED = {
    "amount": "bands: [{at_least: 80, value: 40}]",
    "start_month": "choice: SAME_MONTH",
    "age_reached": "choice: BIRTHDAY",
    "leap_day_birthday": "choice: MAR_01",
    "death_month": "choice: PAYABLE",
    "reference_day": "choice: LAST_DAY",
    "residence": "choice: HOUSEHOLD",
    "assessment": "choice: REQUIRED",
    "arrears_months": "value: 24",
}
"""What a district of the second city decides for its allowance, all of it imagined."""


def ability(level: int | None, since: date, until: date | None = None) -> dict[str, Any]:
    """The result of an assessment."""
    return {
        "assessment_id": new_id(), "level": level, "scale": "gbt42195-2022", "valid_from": since, "valid_to": until
    }  # fmt: skip


async def resident(town: Town, *abilities: dict[str, Any], typed: str = "disabled") -> UUID:
    """A resident of a home of grade three, for the whole of October."""
    old, home = senior(abilities=abilities), institution()
    await town.hear(old, home, admission(old.senior_id, home.organization_id, level=typed))
    return old.senior_id


async def test_a_resident_is_paid_by_her_assessment_and_not_by_what_was_typed(town: Town) -> None:
    """1.2 times 100 for a partly disabled resident; 200 for a disabled one would be 240."""
    told = await determine(town, STAY, senior_id=await resident(town, ability(1, date(2026, 2, 1))))
    assert told["amount"] == "120.00"
    assert [step["code"] for step in told["trace"]["steps"]][:1] == ["mapped"]
    run = await town.run("2026-10", [STAY])
    (line,) = await town.lines(run["id"])
    assert line["amount"] == "120.00"
    assert (await town.do(f"/v1/lines/{line['id']}/proof"))["equal"]


async def test_who_was_never_assessed_is_paid_as_typed_and_told_so(town: Town) -> None:
    for abilities in ((), (ability(None, date(2026, 2, 1)),), (ability(1, date(2026, 11, 1)),)):
        told = await determine(town, STAY, senior_id=await resident(town, *abilities))
        assert told["amount"] == "240.00"
        assert told["trace"]["steps"][0]["code"] == "typed"
        assert "人工填报" in told["text"]


async def test_a_new_assessment_inside_a_month_counts_from_its_day(town: Town) -> None:
    """15 days at 120 and 16 at 240, of 31."""
    two = [ability(1, date(2026, 2, 1), date(2026, 10, 15)), ability(3, date(2026, 10, 16))]
    told = await determine(town, STAY, senior_id=await resident(town, *two, typed="self_care"))
    assert told["amount"] == "181.93"


@pytest.fixture
async def there(start_service: ServiceFactory, tmp_path: Path) -> Town:
    """A town of the second city, whose district decided on its allowance."""
    root = tmp_path / "policies"
    shutil.copytree(POLICIES, root, ignore=shutil.ignore_patterns("cases", "samples", "__pycache__", "*.py"))
    folder = root / "510900-suining" / "districts" / "510903"
    folder.mkdir(parents=True)
    (folder / "order.txt").write_text("本地标准", encoding="utf-8")
    stands = "document: order, clause: 一, quotation: 本地标准"
    (folder / "override.yaml").write_text(
        'format: anxiang.override.v1\nregion: "510903"\nof: "510900"\nname: {zh: 测试, en: test}\nsample: true\n'
        "note: {zh: 测试, en: test}\ndocuments:\n"
        "  - {id: order, title: {zh: 测试, en: test}, number: null, issuer: 测试, issued_on: null,\n"
        "     published_on: null, effective_on: null, expires_on: null, status: in_force, completeness: complete,\n"
        "     source: order.txt}\n"
        "effective:\n  - {document: suining-2020, on: 2021-01-01, entered_by: a, entered_on: 2026-01-01,"
        " reason: {zh: 测试, en: test}}\nvalues:\n"
        + "".join(f"  - {{parameter: {AGE}.{n}, since: 2026-01-01, {v}, {stands}}}\n" for n, v in DECIDED.items()),
        encoding="utf-8",
    )
    return Town(await start_service("subsidy", roles="api", policy_root=str(root)))


async def test_an_allowance_that_asks_for_an_assessment_is_judged_by_the_register(there: Town) -> None:
    """From what the register tells of two seniors, one of them assessed, to a line and to a true reason."""
    place: dict[str, Any] = {"region": THERE, "residences": [{"region": THERE, "valid_from": "1990-01-01"}]}
    one, other = senior(**place, abilities=[ability(1, date(2026, 10, 31))]), senior(**place)
    await there.hear(one, other)
    clerk = there.running.client(*_scopes(), subject="there", regions=("5109",))
    answers = [
        (
            await clerk.post("/v1/determinations", json={"programme": AGE, "month": "2026-10", "senior_id": str(who)})
        ).json()
        for who in (one.senior_id, other.senior_id)
    ]
    assert [(a["amount"], a["outcome"], a["reason"]) for a in answers] == [
        ("40.00", "paid", None),
        ("0.00", "held", "no_valid_assessment"),
    ]


@pytest.mark.parametrize(
    ("assessed", "lines"),
    [
        ((None, "", None), [("paid", "300.00", None)]),
        ((3, "2026-01-01", None), [("paid", "300.00", None)]),
        ((2, "2026-01-01", None), [("held", "0.00", "register_contradicts")]),
        ((2, "2026-01-01", "2026-10-01"), [("held", "0.00", "register_contradicts")]),
        ((3, "2026-01-01", "2026-10-01"), [("paid", "300.00", None)]),
        ((3, "2026-01-01", "2026-09-30"), [("held", "0.00", "needs_reassessment")]),
        ((2, "2026-10-02", None), [("paid", "300.00", None)]),
    ],
)
async def test_an_application_is_paid_by_the_register_and_held_where_the_register_says_otherwise(
    office: Office, assessed: tuple[int | None, str, str | None], lines: list[tuple[str, str, str | None]]
) -> None:
    """A disabled senior gets 300; the law judges on the first of the month."""
    known = [ability(level, _day(since), _day(until) if until else None) for level, since, until in [assessed] if level]
    old = senior(abilities=known)
    await office.hear(old)
    one = await office.accepted(NURSING, {"care_level": "disabled"}, senior_id=old.senior_id)
    run = await office.run("2026-10", [NURSING])
    found = await office.lines(run["id"])
    assert [(line["outcome"], line["amount"], line["reason"]) for line in found] == lines
    proof = await office.do(f"/v1/lines/{found[0]['id']}/proof")
    assert proof["equal"]
    text = (await office.ask(f"/v1/lines/{found[0]['id']}/explanation"))["text"]
    assert ("人工填报" in text) == (lines[0][0] == "paid" and (not known or assessed[1] > "2026-10-01"))
    disputed = [(each["name"], each["told"], each["known"]) for each in await _disputes(office, one)]
    contradicted = lines[0][2] == "register_contradicts"
    assert disputed == ([("care_level", "disabled", "semi_disabled")] if contradicted else [])
    assert [lead["columns"] for lead in await leads(office)] == ([["care_level"]] if contradicted else [])
    notices = [each for each in run["notices"] if each["kind"] == "disputed"]
    assert [(each["reason"], each["subjects"]) for each in notices] == (
        [("register_contradicts", 1)] if contradicted else []
    )


async def test_a_later_assessment_changes_what_a_standing_application_gets_from_its_month_on(office: Office) -> None:
    old = senior()
    await office.hear(old)
    await office.accepted(NURSING, {"care_level": "disabled"}, senior_id=old.senior_id, first_month="2026-09")
    assert [line["amount"] for line in await office.settled("2026-09", NURSING)] == ["300.00"]
    assert [line["amount"] for line in await office.settled("2026-10", NURSING)] == ["300.00"]
    await office.hear(senior(old.senior_id, version=2, abilities=[ability(2, date(2026, 10, 1))]))
    found = await office.settled("2026-11", NURSING)
    assert sorted((line["month"], line["kind"], line["amount"]) for line in found) == [
        ("2026-10", "recovery", "-200.00"),
        ("2026-11", "regular", "100.00"),
    ]


async def _disputes(office: Office, one: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await office.ask(f"/v1/applications/{one['id']}/disputes")
    return found


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _scopes() -> tuple[str, ...]:
    return ("subsidy.determinations:read",)
