"""What a senior is entitled to, as her daughter reads it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from jsonschema import Draft202012Validator

from services.subsidy.engine.published import TRACE_SCHEMA
from shared.ids import new_id
from tests.integration.subsidy.applying import Office
from tests.integration.subsidy.town import STREET, Town, admission, institution, meal, senior

AGE, MEAL, VALUE = "longevity_allowance", "meal_subsidy", "home_service_value"
MOTHER = date(1934, 3, 2)


async def entitled(town: Town, senior_id: object, language: str = "zh", month: str = "2026-10") -> dict[str, Any]:
    """The whole answer."""
    answer = await town.clerk.get(
        f"/v1/seniors/{senior_id}/entitlements", params={"month": month}, headers={"accept-language": language}
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def by_code(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The benefits by programme."""
    return {item["programme"]: item for item in found["items"]}


async def test_a_daughter_reads_what_there_is_why_and_what_comes_later(town: Town) -> None:
    mother = senior(born=MOTHER)
    await town.hear(mother)
    age = by_code(await entitled(town, mother.senior_id))[AGE]
    assert (age["amount"], age["outcome"]) == ("100.00", "paid")
    assert age["text"] == (
        "本月应发 100.00 元。到2026年10月31日满92周岁;90至99周岁一档:每月100.00元。"
        "以后:自2034年3月起满100周岁,每月300.00元。"
    )
    english = by_code(await entitled(town, mother.senior_id, "en"))[AGE]
    assert english["text"] == (
        "Due this month: 100.00 yuan. 92 years old on 31 October 2026; from 90 to 99 years: 100.00 yuan per month."
        " Later: from March 2034 on, at 100 years: 300.00 yuan per month."
    )


async def test_what_must_be_applied_for_or_has_no_record_is_said_and_nothing_is_invented(town: Town) -> None:
    mother = senior(born=MOTHER)
    await town.hear(mother)
    items = by_code(await entitled(town, mother.senior_id))
    assert (items[MEAL]["outcome"], items[MEAL]["text"]) == ("no_facts", "本月没有。本月没有核实过的用餐记录。")
    voucher = items["institution_voucher"]
    assert voucher["outcome"] == "no_facts"
    assert voucher["because"][0] == "这一项要先申请,本月没有已经受理的申请"
    assert voucher["because"][1].startswith("申请时要写明:")
    assert "operating_subsidy" not in items  # the home's money, not hers


async def test_a_neighbouring_district_reads_what_nobody_has_decided_and_who_will(town: Town) -> None:
    region = "321203001000"
    mother = senior(born=MOTHER, region=region, residences=[{"region": region, "valid_from": "1990-01-01"}])
    await town.hear(mother)
    async with town.running.client("subsidy.determinations:read", regions=["321203"]) as clerk:
        found, full = [
            (await clerk.get(f"/v1/seniors/{mother.senior_id}/entitlements", params={"month": "2026-10"} | more)).json()
            for more in ({}, {"detail": "full"})
        ]
    meals = by_code(found)[MEAL]
    assert meals["outcome"] == "not_configured"
    assert meals["headline"] == "本月还不能发放:文件从哪一天起施行,还没有人录入。"
    assert meals["because"] == []
    assert meals["undecided"] == ["另有4件事没有定。"]
    (decision,) = by_code(full)[MEAL]["undecided"]
    assert decision.startswith("由县(市、区)民政部门会同财政部门决定:文件要求适当提高标准,没有写明每餐多少元;")
    assert "市里规定不低于100.00元/人·月(90至99周岁);另有7件事没有定。" in by_code(found)[AGE]["text"]
    assert len(full["text"]) > len(found["text"])
    assert "还没有定下来的:" in found["text"]


async def test_of_two_benefits_that_exclude_each_other_the_better_one_is_told_with_the_reason(town: Town) -> None:
    mother, vendor, office = senior(born=MOTHER), new_id(), Office(town.running)
    home = institution()
    await town.hear(mother, home, meal(mother.senior_id, vendor, date(2026, 10, 5)))
    here = {"assessed": True}
    who = {"senior_id": mother.senior_id, "organization_id": home.organization_id}
    both = by_code(await entitled(town, mother.senior_id))
    assert (both[AGE]["outcome"], both[MEAL]["outcome"]) == ("paid", "paid")
    await office.accepted(VALUE, {"service_class": "subsidised"} | here, **who)
    assert by_code(await entitled(town, mother.senior_id))[VALUE]["headline"] == "本月可以享受价值 100.00 元的服务。"
    row = {"hardship": "hard_up", "care_level": "disabled", "in_institution": True} | here
    await office.accepted("institution_voucher", row, **who)
    items = by_code(await entitled(town, mother.senior_id))
    assert items["institution_voucher"]["headline"] == "本月应发价值 300.00 元的服务券。"
    assert (items[VALUE]["outcome"], items[VALUE]["amount"], items[VALUE]["headline"]) == (
        "not_eligible",
        "0.00",
        "本月没有。",
    )
    assert items[VALUE]["because"][0] == "单独算是100.00元;和“机构托养券”只能享受一项,选“机构托养券”合计更多"
    assert items[MEAL]["because"][0].startswith("单独算是3.50元;和“机构托养券”只能享受一项")
    assert items[AGE]["amount"] == "100.00"


async def test_a_death_a_move_and_a_month_before_the_law_are_told_plainly(town: Town) -> None:
    gone = senior(born=MOTHER, died_on=date(2026, 9, 3))
    moved = senior(born=MOTHER, residences=[{"region": "330102001000", "valid_from": "2020-01-01"}])
    await town.hear(gone, moved)
    assert by_code(await entitled(town, gone.senior_id))[AGE]["text"] == "本月不发放。本月之前已去世。"
    away = by_code(await entitled(town, moved.senior_id))[AGE]
    assert away["outcome"] == "not_eligible"
    assert "规定要求" in away["because"][0]
    early = by_code(await entitled(town, gone.senior_id, month="2025-12"))[AGE]
    assert early["because"] == ["该月在文件施行之前"]


async def test_the_whole_text_reads_without_codes_and_formulas(town: Town) -> None:
    mother, home = senior(born=MOTHER), institution()
    await town.hear(mother, home, admission(mother.senior_id, home.organization_id))
    for language, head in (("zh", "2026年10月,这位老人("), ("en", "What this senior of ")):
        found = await entitled(town, mother.senior_id, language)
        assert found["text"].startswith(head)
        assert not re.search(r"[a-z]+_[a-z]+|GB/T|None|“[^”]{30,}”", found["text"])
        assert all(item["headline"] and item["text"] in found["text"] for item in found["items"])
        assert found["text"].splitlines()[-1].startswith(("注意:", "Note: "))


async def test_only_her_own_regions_may_ask_and_the_month_may_be_left_out(town: Town) -> None:
    mother = senior(born=MOTHER)
    await town.hear(mother)
    path = f"/v1/seniors/{mother.senior_id}/entitlements"
    async with town.running.client("subsidy.determinations:read", regions=["321203"]) as stranger:
        assert (await stranger.get(path)).status_code == 404
    async with town.running.client("subsidy.policies:read") as reader:
        assert (await reader.get(path)).status_code == 403
    assert re.fullmatch(r"\d{4}-\d{2}", (await town.ask(path))["month"])
    assert (await town.clerk.get(path, params={"month": "2026-13"})).status_code == 422


async def test_the_schema_of_a_trace_is_served_and_every_answer_fits_it(town: Town) -> None:
    answer = await town.clerk.get("/v1/schemas/anxiang.trace.v1")
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == TRACE_SCHEMA
    again = await town.clerk.get("/v1/schemas/anxiang.trace.v1", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    mother = senior(born=MOTHER, region=STREET)
    await town.hear(mother)
    body = {"programme": AGE, "month": "2026-10", "senior_id": str(mother.senior_id)}
    trace = (await town.do("/v1/determinations", body))["trace"]
    Draft202012Validator(answer.json()).validate(trace)
    async with town.running.anonymous() as http:
        document = (await http.get("/openapi.json")).json()
    named = document["components"]["schemas"]["Trace"]
    assert set(named["required"]) == set(TRACE_SCHEMA["required"])
    assert named["externalDocs"]["url"] == TRACE_SCHEMA["$id"]
    Draft202012Validator(named).validate(trace)
    out = document["components"]["schemas"]["DeterminationOut"]["properties"]["trace"]
    assert {"$ref": "#/components/schemas/Trace"} in out["anyOf"]
