"""An application's levels are held against the register's assessments, in every programme that pays by a level."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson
import polars as pl
import pytest

from services.subsidy.applications import levels
from services.subsidy.applications.columns import asked
from services.subsidy.determinations.service import explained
from services.subsidy.engine import Pack, judged_on, reference_day, render
from services.subsidy.engine.derived import ASSESSED_FACTS, LEVELS
from services.subsidy.inputs.domain import APPLICATION
from services.subsidy.runs import lines
from shared.clock import Month
from tests.unit.subsidy.test_every_programme import LAWS, _cases, _frozen

OCTOBER = Month(2026, 10)
TRANSLATED = {0: "self_care", 1: "self_care", 2: "disabled", 3: "disabled"}
"""What this test decides of both standards in every city: no city has."""
SCALES = {"gbt42195-2022": LEVELS[0], "mzt039-2013": LEVELS[1]}


def _law(region: str, code: str, **more: Any) -> Pack:
    """A city's law with its levels translated, and with further decisions."""
    pack = LAWS[region]
    mappings = [name for _, name in pack.programmes[code].mappings() if pack.content.parameters[name].over in LEVELS]
    return pack.changed(dict.fromkeys(mappings, TRANSLATED) | more)


def _reads_levels(pack: Pack, code: str) -> bool:
    law = pack.programmes[code]
    return any(pack.content.parameters[name].over in LEVELS for _, name in law.mappings())


APPLIED = [
    (region, code)
    for region, pack in LAWS.items()
    for code, law in pack.programmes.items()
    if law.source == "application" and law.beneficiary in {"senior", "household"}
]
BY_LEVEL = [(region, code) for region, code in APPLIED if _reads_levels(LAWS[region], code)]
BY_FACT = [
    (region, code, name)
    for region, code in APPLIED
    for name in ASSESSED_FACTS
    if name in LAWS[region].programmes[code].inputs
]


def told(level: int | None, since: date, until: date | None = None, scale: str = "gbt42195-2022") -> dict[str, Any]:
    """An assessment as a snapshot tells it."""
    return {"level": level, "scale": scale, "valid_from": since.isoformat(), "valid_to": until and until.isoformat()}


def row(pack: Pack, code: str, *abilities: dict[str, Any], **typed: Any) -> pl.DataFrame:
    """The first worked case that pays, applied for since January, with what the register tells and what was typed."""
    paying = (each for each in _cases(pack.region, code) if each.case.outcome == "paid" and len(each.rows) == 1)
    given = {name: value for name, value in next(paying).rows[0].items() if name not in (*LEVELS, "care_level")}
    frozen = _frozen(APPLICATION, pack, code, OCTOBER, given | {"service_date": date(2026, 10, 5)} | typed)
    frozen |= {"abilities": orjson.dumps(abilities).decode(), "applied_from": date(2026, 1, 1), "disputed": False}
    return pl.DataFrame([frozen], schema=lines.schema(APPLICATION), strict=False)


def judged(pack: Pack, code: str, *abilities: dict[str, Any], **typed: Any) -> dict[str, Any]:
    """That row as the engine reads it, with what comes of it."""
    frame = row(pack, code, *abilities, **typed)
    result = lines.judge(pack, code, OCTOBER, frame, simulate=True)
    return result.to_dicts()[0]


def days(pack: Pack, code: str) -> tuple[date, date]:
    """The day by which an assessment must have begun, and the day until which it must last."""
    if "service_date" in asked(pack, code):
        return date(2026, 10, 5), date(2026, 10, 5)
    return judged_on(pack, code, OCTOBER), reference_day(pack, code, OCTOBER)


def test_most_cities_pay_something_by_a_level_that_is_applied_for() -> None:
    assert {region for region, _ in BY_LEVEL} == {"110000", "321202", "510900", "532300"}
    assert len(BY_LEVEL) >= 8
    assert len(BY_FACT) >= 7


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("region", "code"), BY_LEVEL)
def test_an_assessment_counts_from_its_first_day_to_its_last_and_not_a_day_longer(
    region: str, code: str, scale: str
) -> None:
    pack = _law(region, code)
    begins, lasts = days(pack, code)
    one, before = timedelta(days=1), date(2025, 6, 1)
    for since, until, level in (
        (before, None, "disabled"),
        (begins, None, "disabled"),
        (before, lasts, "disabled"),
        (begins + one, None, "self_care"),
        (before, lasts - one, "needs_reassessment"),
    ):
        found = judged(pack, code, told(3, since, until, scale), care_level="self_care")
        assert found["care_level"] == level, (since, until)
        assert (found["reason"] == "needs_reassessment") == (level == "needs_reassessment")


@pytest.mark.parametrize(("region", "code"), BY_LEVEL)
def test_an_assessment_counts_for_the_months_that_the_law_gives_it(region: str, code: str) -> None:
    validity = LAWS[region].programmes[code].validity
    assert validity, f"{code} of {region} names no validity"
    pack = _law(region, code, **{validity: 12})
    for since, level in (
        (date(2025, 9, 30), "needs_reassessment"),
        (date(2025, 10, 1), "needs_reassessment"),
        (date(2025, 10, 2), "disabled"),
        (date(2025, 11, 1), "disabled"),
    ):
        assert judged(pack, code, told(3, since))["care_level"] == level, since


@pytest.mark.parametrize(("region", "code"), BY_LEVEL)
def test_of_several_the_newest_that_counts_is_taken(region: str, code: str) -> None:
    pack = _law(region, code)
    old, new, over = told(0, date(2024, 1, 1)), told(3, date(2025, 1, 1)), told(1, date(2026, 2, 1), date(2026, 3, 1))
    assert judged(pack, code, old, new, over, care_level="disabled")["care_level"] == "disabled"
    assert judged(pack, code, old, told(None, date(2025, 1, 1)))["care_level"] == "self_care"


@pytest.mark.parametrize("typed", [{"care_level": "disabled"}, {"assessed_level": 3}, {"assessed_level_mzt039": 2}])
@pytest.mark.parametrize(("region", "code"), BY_LEVEL)
def test_what_the_register_denies_is_held_and_told_and_what_it_says_too_is_not(
    region: str, code: str, typed: dict[str, Any]
) -> None:
    pack = _law(region, code)
    denied = judged(pack, code, told(0, date(2025, 1, 1)), **typed)
    assert (denied["outcome"], denied["reason"], denied["amount_fen"]) == ("held", "register_contradicts", 0)
    (said,) = orjson.loads(denied["contradicted"])
    assert said == {"name": "care_level", "told": "disabled", "known": "self_care"}
    agreed = judged(pack, code, told(3, date(2025, 1, 1)), **typed)
    assert (agreed["contradicted"], agreed["disputed"], agreed["care_level"]) == (None, False, "disabled")
    row = dict(typed)
    assert list(levels.denied(pack, pack.programmes[code], OCTOBER, [row], orjson.dumps([]).decode())) == []
    found = orjson.dumps([told(0, date(2025, 1, 1))]).decode()
    assert list(levels.denied(pack, pack.programmes[code], OCTOBER, [row], found)) == [(1, [said])]


@pytest.mark.parametrize(("region", "code"), BY_LEVEL)
def test_a_later_assessment_is_news_and_counts_by_itself(region: str, code: str) -> None:
    pack = _law(region, code)
    for since, held in ((date(2026, 1, 31), True), (date(2026, 2, 1), False)):
        found = judged(pack, code, told(0, since), care_level="disabled")
        assert (found["reason"] == "register_contradicts") == held, since
        assert found["care_level"] == "self_care"


@pytest.mark.parametrize(("region", "code"), BY_LEVEL)
def test_what_was_typed_is_told_as_typed_and_what_the_register_says_is_not(region: str, code: str) -> None:
    pack, seen = _law(region, code), 0
    for typed in (
        {"care_level": "disabled"},
        {"care_level": "self_care"},
        {"assessed_level": 3},
        {"assessed_level": 0},
    ):
        same = 3 if {"disabled", 3} & {*typed.values()} else 0
        for abilities in ((), (told(same, date(2025, 1, 1)),)):
            frame = row(pack, code, *abilities, **typed)
            trace = explained(pack, code, OCTOBER, frame)
            if trace is None or not trace["amount_fen"]:
                continue
            seen += 1
            codes = [step["code"] for step in trace["steps"]]
            assert ("typed" in codes) == (not abilities), typed
            assert ("人工填报" in render(trace, "zh")) == (not abilities)
            assert ("typed in" in render(trace, "en")) == (not abilities)
    assert seen >= 2 or pack.status == "draft", code


@pytest.mark.parametrize(("region", "code", "name"), BY_FACT)
def test_whether_there_is_a_valid_assessment_is_the_registers_to_say(region: str, code: str, name: str) -> None:
    pack = _law(region, code)
    ended, standing = told(3, date(2025, 1, 1), date(2026, 9, 30)), told(3, date(2025, 1, 1))
    assert judged(pack, code, ended, **{name: True})[name] is False
    assert judged(pack, code, standing, **{name: False})[name] is True
    assert judged(pack, code, **{name: True})[name] is True
    law = pack.programmes[code]
    begun = levels.denied(pack, law, OCTOBER, [{name: True}], orjson.dumps([ended]).decode())
    assert (1, {"name": name, "told": True, "known": False}) in [(at, each) for at, told in begun for each in told]


def test_a_level_that_nobody_has_translated_leaves_what_was_typed() -> None:
    region, code = BY_LEVEL[0]
    pack = _law(region, code)
    undecided = pack.changed({name: None for _, name in pack.programmes[code].mappings()})
    found = judged(undecided, code, told(0, date(2025, 1, 1)), care_level="disabled")
    assert (found["care_level"], found["contradicted"], found["disputed"]) == ("disabled", None, False)
