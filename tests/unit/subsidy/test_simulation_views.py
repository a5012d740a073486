"""The chart and the table of a simulation: valid, harmless, and every text has its room."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.subsidy.simulations import chart
from services.subsidy.simulations.chart import MARGIN, MOST, WIDTH, Bars, draw, fitted, width_of
from services.subsidy.simulations.domain import Figures, age_groups, months, overruns, total
from shared import sheets as table
from shared.clock import Month

SVG = "{http://www.w3.org/2000/svg}"
LONG = "积石山保安族东乡族撒拉族自治县和另一个名字很长的地方"


def parsed(document: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(document)


def texts(document: bytes) -> list[ElementTree.Element]:
    return list(parsed(document).iter(f"{SVG}text"))


def test_every_text_stays_on_the_page_with_names_and_sums_of_any_length() -> None:
    bars = [Bars(LONG, "A very long name of a place in English", 10**15, 1), Bars("县", "1", 0, None)]
    document = draw("测算" * 60, ["项目" * 60, "programme " * 60], bars)
    height = float(parsed(document).attrib["height"])
    for one in texts(document):
        across, size = float(one.attrib["x"]), int(one.attrib["font-size"])
        wide = width_of(one.text or "", size)
        left = across - wide if one.attrib.get("text-anchor") == "end" else across
        assert left >= MARGIN / 2, one.text
        assert left + wide <= WIDTH, one.text
        assert 0 < float(one.attrib["y"]) < height


def test_bars_are_as_long_as_their_sums() -> None:
    document = draw("测算", [], [Bars("甲", "a", 50, 100), Bars("乙", "b", 0, 25)])
    boxes = [box for box in parsed(document).iter(f"{SVG}rect") if box.attrib["height"] == str(chart.BAR)]
    widths = [float(box.attrib["width"]) for box in boxes]
    assert [round(width / widths[1], 2) for width in widths] == [0.5, 1.0, 0.0, 0.25]


def test_the_chart_says_what_it_is_in_two_languages_on_light_and_on_dark() -> None:
    document = draw("测算 Simulation", ["尊老金", "Longevity allowance"], [Bars("甲区", "321202", 100, 200)])
    root, written = parsed(document), document.decode()
    assert root.attrib["role"] == "img"
    assert (root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")) == (
        "测算 Simulation",
        "尊老金 Longevity allowance",
    )
    assert "prefers-color-scheme:dark" in written
    assert {"现行 today", "调整后 changed", "甲区", "321202", "1.00", "2.00"} <= {one.text for one in texts(document)}


@given(st.text(max_size=60))
def test_whatever_a_name_holds_the_chart_is_xml_without_scripts_links_or_fonts(name: str) -> None:
    document = draw(name, [name, name], [Bars(name, name, 1, 2)])
    kinds = {element.tag.removeprefix(SVG) for element in parsed(document).iter()}
    assert kinds == {"svg", "title", "desc", "style", "rect", "line", "text"}
    style = parsed(document).findtext(f"{SVG}style") or ""
    assert "url(" not in style
    assert "@import" not in style
    assert "@font-face" not in style


def test_a_chart_of_nothing_says_so() -> None:
    assert any("nothing" in (one.text or "") for one in texts(draw("测算", [], [])))


def test_too_many_rows_are_folded_and_nothing_is_lost() -> None:
    bars = [Bars(f"县{place}", str(place), place, 2 * place) for place in range(100)]
    shown = chart.folded(bars)
    assert len(shown) == MOST
    assert sum(bar.today_fen or 0 for bar in shown) == sum(range(100))
    assert shown[-1].zh == f"其余{100 - MOST + 1}项"
    assert chart.folded(bars[:MOST]) == bars[:MOST]


def test_a_text_that_is_too_long_ends_with_an_ellipsis() -> None:
    assert fitted("海陵区", 14, 42) == "海陵区"
    assert fitted("海陵区", 14, 41) == "海…"
    assert fitted("海陵区", 14, 3) == "…"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\uff1d1", '=HYPERLINK("http://x")'])
def test_no_cell_becomes_a_formula(cell: str) -> None:
    written = table.write(["甲"], [[cell, table.Number("-60.00"), "海陵区"]])
    assert written.startswith(b"\xef\xbb\xbf")
    head, row = csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))
    assert head == ["甲"]
    assert row == [f"'{cell}", "-60.00", "海陵区"]


def test_age_groups_begin_where_the_scales_begin() -> None:
    assert age_groups([80, 90, 90, 100]) == [(0, 79), (80, 89), (90, 99), (100, None)]
    assert age_groups([]) == [(0, None)]


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    assert [str(one) for one in months(Month(2026, 11), Month(2027, 2))] == ["2026-11", "2026-12", "2027-01", "2027-02"]


def test_a_budget_is_held_against_each_month_or_against_all() -> None:
    costs = {Month(2026, 10): 100, Month(2026, 11): 50}
    assert [one.over_fen for one in overruns(costs, 80, monthly=True)] == [20, 0]
    assert [(one.month, one.over_fen) for one in overruns(costs, 149, monthly=False)] == [(None, 1)]
    assert [one.over_fen for one in overruns({}, 0, monthly=False)] == [0]


def test_figures_add_up() -> None:
    one = Figures(today_fen=1, changed_fen=3, paid_today=1, paid_changed=1, gaining=1, gaining_fen=2)
    assert total([one, one, Figures()]) == one + one
    assert (one + one).difference_fen == 4
