"""A draft for comment is shown as one wherever it is shown, and binds nobody."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.subsidy.catalogue.parameters import parameters
from services.subsidy.catalogue.programmes import programmes
from services.subsidy.catalogue.reading import Law
from services.subsidy.catalogue.targets import targets
from services.subsidy.determinations import entitlements, service
from services.subsidy.engine import POLICIES, Pack, Packs, explain, render
from services.subsidy.engine.plain import said
from services.subsidy.policies import __main__ as command
from services.subsidy.simulations.results import CellOut, FiguresOut, NameOut, ResultOut
from services.subsidy.simulations.views import csv_of, svg_of
from shared.clock import Month
from shared.language import Language
from tests.policies.every_case import CASES
from tests.policies.test_coverage import LINES

PACKS = Packs.load(POLICIES, [POLICIES / "samples" / "321202"])
DRAFTS = [pack for pack in PACKS if pack.status == "draft"]
EVERY = pytest.mark.parametrize("pack", list(PACKS), ids=lambda pack: pack.region)
WORD: dict[Language, str] = {"zh": "征求意见稿", "en": "draft"}
LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])
OCTOBER = Month(2026, 10)


def test_there_is_a_draft_to_look_at() -> None:
    assert [pack.region for pack in DRAFTS] == ["110000"]


@LANGUAGES
@EVERY
def test_every_rule_of_a_draft_binds_nobody_wherever_it_is_read(pack: Pack, lang: Language) -> None:
    law, drafted = Law(PACKS, pack, date(2026, 10, 1), lang), pack.status == "draft"
    found = [each.rule.force for each in programmes(law) if each.rule]
    found += [each.force for each in parameters(law, None)] + [each.force for each in targets(law)]
    assert len(found) > 20
    assert {each.code == "draft" for each in found} == {drafted}
    assert {WORD[lang] in each.name for each in found} == {drafted}
    traces = [explain(pack, code, OCTOBER, {"subject_id": "s"}) for code in pack.programmes]
    assert {trace["programme"]["force"] == "draft" for trace in traces} == {drafted}


@LANGUAGES
def test_every_explanation_by_a_draft_says_so_and_no_other_does(lang: Language) -> None:
    for worked in CASES:
        drafted = worked.pack.status == "draft"
        text = render(worked.trace, lang)
        assert (WORD[lang] in text) == drafted, worked.case.name
        if drafted:
            first = said(worked.trace, lang).headline
            assert worked.case.outcome != "paid" or WORD[lang] in first


@LANGUAGES
@EVERY
def test_a_view_and_an_answer_without_facts_say_that_it_is_a_draft(pack: Pack, lang: Language) -> None:
    for text in (entitlements._text(pack, OCTOBER, [], lang), service.nothing_known(pack, lang)):
        assert (WORD[lang] in text) == (pack.status == "draft")


def test_tables_and_charts_of_simulations_say_which_law_is_a_draft() -> None:
    figures: dict[str, Any] = dict.fromkeys(FiguresOut.model_fields, 0)
    cells = [
        CellOut(
            **figures, district=code, district_name=code, programme="p", programme_name=NameOut(zh="甲", en="A"),
            form="cash", status=status, month=OCTOBER,
        )
        for code, status in (("110101", "draft"), ("321202", "in_force"))
    ]  # fmt: skip
    for shown, drafted in ((cells, True), (cells[1:], False)):
        nothing: dict[str, Any] = dict.fromkeys(ResultOut.model_fields)
        result = ResultOut.model_construct(**nothing | {"cells": shown})
        table, chart = csv_of(result).decode("utf-8-sig"), svg_of(result, [OCTOBER], None).decode()
        for text in (table, chart):
            assert (WORD["zh"] in text) == drafted
            assert (WORD["en"] in text) == drafted


@LANGUAGES
def test_the_clerks_command_names_a_draft(lang: Language, capsys: pytest.CaptureFixture[str]) -> None:
    for pack in PACKS:
        command.main(["--override", str(POLICIES / "samples" / "321202"), "show", pack.region, "--language", lang])
        head = capsys.readouterr().out.splitlines()[0]
        assert (WORD[lang] in head) == (pack.status == "draft")


def test_the_page_on_coverage_calls_every_line_of_a_draft_one() -> None:
    for line in LINES:
        if PACKS.for_region(line.region).status == "draft":
            assert line.far.startswith("draft: "), line.id
    heading = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"
    assert "| id | would be demanded |" in heading.read_text(encoding="utf-8")
