"""A simulation's table and chart, drafts that come with a request, and counts that are too small to show."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from services.subsidy.engine import POLICIES, Packs
from services.subsidy.simulations.work import simulate
from tests.integration.subsidy.simulating import AGE, RAISED, asked, planner, question, told, worked_out
from tests.integration.subsidy.town import SAMPLE, Town, senior

COST = ("today", "changed", "difference")
FILES = {name: (SAMPLE / name).read_text(encoding="utf-8") for name in ("override.yaml", "notice.txt")}
OVERRIDE, NOTICE = FILES.values()


async def file(town: Town, name: str, **changes: Any) -> httpx.Response:
    """A finished simulation's file."""
    simulation_id = await asked(town, **changes)
    await simulate(town.running.kernel, {"simulation_id": simulation_id})
    answer = await planner(town).get(f"/v1/simulations/{simulation_id}/{name}")
    assert answer.status_code == 200, answer.text
    return answer


async def test_the_table_opens_in_a_spreadsheet(town: Town) -> None:
    await town.hear(senior(), senior())
    answer = await file(town, "table.csv", values=[RAISED], last_month="2026-11")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["月份 month"] for row in rows] == ["2026-10", "2026-11"]
    assert rows[0]["地区 name"] == "海陵区"
    assert (rows[0]["现行费用(元) today"], rows[0]["差额(元) difference"], rows[0]["提高人数 gaining"]) == (
        "120.00",
        "40.00",
        "2",
    )


@pytest.mark.parametrize(
    ("query", "labels"),
    [("", {"2026年10月", "2026年11月"}), ("?by=district", {"海陵区", "321202"}), ("?by=month", {"2026-10", "2026-11"})],
)
async def test_the_chart_has_bars_per_month_or_per_district(town: Town, query: str, labels: set[str]) -> None:
    await town.hear(senior())
    answer = await file(town, f"chart.svg{query}", values=[RAISED], last_month="2026-11")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    texts = {one.text for one in ElementTree.fromstring(answer.content).iter("{http://www.w3.org/2000/svg}text")}
    assert labels <= texts
    assert ("120.00" if "district" in query else "60.00") in texts


async def test_few_people_are_not_counted_to_who_may_not_read_lines(town: Town) -> None:
    await town.hear(*(senior() for _ in range(6)), senior(born=date(1934, 3, 5)))
    stranger = planner(town, "subsidy.determinations:read", subject="stranger")
    result = await worked_out(town, stranger, values=[RAISED], budget={"amount": "1.00"})
    assert told(result["total"], "paid_today", "gaining", "unchanged") == (7, 6, "<5")
    by_age = {one["age_from"]: told(one, "paid_today", *COST) for one in result["ages"]}
    assert by_age == {80: (6, "360.00", "480.00", "120.00"), 90: ("<5", None, None, None)}
    known = await worked_out(town, values=[RAISED])
    assert {one["age_from"]: one["paid_today"] for one in known["ages"]} == {80: 6, 90: 1}


async def test_another_places_draft_is_worked_out_here_and_only_if_a_day_is_assumed(town: Town) -> None:
    await town.hear(senior())
    other = next(pack for pack in Packs.load(POLICIES) if pack.status == "draft")
    asking: dict[str, Any] = {"draft": {"pack": other.region}, "programmes": None}
    without = await worked_out(town, **asking)
    silent = {(one["side"], one["why"]["reason"]) for one in without["silences"] if one["programme"] == AGE}
    assert ("changed", "no_such_programme") in silent or ("changed", "effective_date_missing") in silent
    result = await worked_out(town, **asking, assume_effective="2026-01-01")
    assert {law["status"] for law in result["laws"] if law["side"] == "changed"} == {"draft"}
    assert set(result["assumed_effective"].values()) == {"2026-01-01"}
    assert result["total"]["today"] == "60.00"
    assert not any(one["why"]["reason"] == "effective_date_missing" for one in result["silences"])


async def test_a_districts_draft_file_is_worked_out_beside_the_one_in_force(town: Town) -> None:
    await town.hear(senior())
    raised = {name: text.replace("80~89周岁60元", "80~89周岁75元") for name, text in FILES.items()}
    draft: dict[str, Any] = {"override": raised["override.yaml"].replace("value: 60}", "value: 75}")}
    draft["sources"] = {"notice.txt": raised["notice.txt"]}
    result = await worked_out(town, draft=draft)
    assert told(result["total"], *COST) == ("60.00", "75.00", "15.00")


async def test_a_whole_pack_as_text_is_worked_out(town: Town) -> None:
    await town.hear(senior())
    snapshot = Packs.load(POLICIES, [SAMPLE]).for_region("321202").snapshot()
    result = await worked_out(town, draft={"snapshot": snapshot}, values=[RAISED])
    assert told(result["total"], *COST) == ("60.00", "80.00", "20.00")


@pytest.mark.parametrize(
    ("old", "new", "key", "code"),
    [
        ("value: 60}", "value: 49}", "values.0.bands", "under_floor"),
        ("quotation: 每餐3.50元", "quotation: 每餐3.60元", ".quotation", "quotation_not_found"),
        ("sample: true", "sample: true\ncolour: red", "colour", "unknown_key"),
        ('of: "321200"', 'of: "110000"', "region", "outside"),
        ("sample: true", "sample: [", "-", "not_yaml"),
        ("sample: true", "sample: &a [1]\nnote: [&b [*a, *a], *b]", "-", "not_yaml"),
        ("sample: true", f"sample: {'[' * 100}", "-", "not_yaml"),
        ("sample: true", f"sample: {'9' * 5000}", "-", "not_yaml"),
        ("sample: true", "sample: true\nsample: true", "-", "not_yaml"),
    ],
)
async def test_a_draft_that_is_not_fit_is_refused_with_file_line_and_key(
    town: Town, old: str, new: str, key: str, code: str
) -> None:
    assert old in OVERRIDE
    draft = {"override": OVERRIDE.replace(old, new, 1), "sources": {"notice.txt": NOTICE}}
    headers = {"accept-language": "en"}
    answer = await planner(town).post("/v1/simulations", json=question(draft=draft), headers=headers)
    refused = answer.json()
    assert answer.status_code == 422, refused
    assert refused["type"].endswith("subsidy/draft-refused")
    assert {place["file"] for place in refused["refusals"]} == {"override.yaml"}
    assert any(place["key"].endswith(key) and place["code"] == code for place in refused["refusals"]), refused
    assert all(place["line"] >= 1 for place in refused["refusals"])
    assert all(error["message"].startswith("override.yaml, line ") for error in refused["errors"])


@pytest.mark.parametrize("snapshot", ["{}", "[1]", "hello", '{"region": 1}', "[" * 100_000])
async def test_a_pack_as_text_that_is_none_is_refused(town: Town, snapshot: str) -> None:
    refused = await town.do("/v1/simulations", question(draft={"snapshot": snapshot}), planner(town), 422)
    assert refused["type"].endswith("subsidy/draft-refused")
    assert {place["file"] for place in refused["refusals"]} == {"snapshot"}


async def test_a_draft_that_is_too_large_is_refused(town: Town) -> None:
    for draft in ({"override": "#" * 40_000}, {"snapshot": " " * 2_000_000}):
        answer = await planner(town).post("/v1/simulations", json=question(draft=draft))
        assert answer.status_code in {413, 422}, answer.text
