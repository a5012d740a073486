"""Every verdict of every formula, as a family reads it in both languages: the answer first, one sentence for all that
is undecided, and in English nothing in Chinese but what is quoted and called so."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import pytest

from services.subsidy.engine import POLICIES, Packs, explain, render
from services.subsidy.engine.kinds import KINDS
from services.subsidy.engine.plain import said
from services.subsidy.engine.render import PHRASES, verdict
from shared.clock import Month
from shared.language import Language
from tests.policies.every_case import CASES

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])
CLAUSE, CHINESE = re.compile(r"clause .*?, quoted in Chinese: "), re.compile("[\u4e00-\u9fff]")
OCTOBER = Month(2026, 10)


def test_every_formula_is_told_with_every_outcome() -> None:
    found = defaultdict(set)
    for worked in CASES:
        found[worked.trace["programme"]["kind"]].add(worked.trace["outcome"])
    assert found.keys() == KINDS.keys()
    assert {kind: len(outcomes) for kind, outcomes in found.items()} == dict.fromkeys(KINDS, 4)


@LANGUAGES
def test_the_answer_comes_first_and_is_the_same_in_short_and_in_full(lang: Language) -> None:
    for worked in CASES:
        short, full = (render(worked.trace, lang, full=more).splitlines() for more in (False, True))
        assert short[:2] == full[:2]
        assert short[1] == verdict(worked.trace, lang) == said(worked.trace, lang).headline
        assert len(short) <= len(full)


@LANGUAGES
def test_what_is_undecided_is_one_sentence_and_every_question_only_in_full(lang: Language) -> None:
    heading, seen = PHRASES["missing"][lang], 0
    for worked in CASES:
        trace = worked.trace
        open_ = [item["missing_decision"][lang] for item in trace["missing"] if item["missing_decision"]]
        short, full = render(trace, lang), render(trace, lang, full=True)
        assert heading not in short.splitlines(), worked.case.name
        assert len([text for text in dict.fromkeys(open_) if text in short]) <= 1
        plain = said(trace, lang)
        assert len(plain.undecided) <= 1
        if trace["outcome"] == "not_configured" and open_ and trace["pack"]["status"] != "draft":
            seen += 1
            assert plain.undecided
            assert plain.undecided[0] in short
            assert heading in full.splitlines()
            assert [text for text in open_ if text not in full] == []
    assert seen > 30


@LANGUAGES
def test_what_the_law_grants_already_is_said_where_nothing_can_be_paid_yet(lang: Language) -> None:
    word = {"zh": "不低于", "en": "at least"}[lang]
    told = [worked.trace for worked in CASES if worked.trace["granted"]]
    told = [trace for trace in told if trace["outcome"] == "not_configured" and trace["reason"] != "document_is_draft"]
    assert len({trace["programme"]["code"] for trace in told}) >= 4
    for trace in told:
        text = said(trace, lang).text(lang)
        assert trace["granted"][lang].casefold() in text.casefold()
        assert re.findall(r"\d+\.\d\d", trace["granted"]["zh"]) == re.findall(r"\d+\.\d\d", trace["granted"]["en"])
    assert any(word in trace["granted"][lang] for trace in told)
    assert not any(worked.trace["granted"] for worked in CASES if worked.trace["outcome"] == "paid")


def test_english_has_nothing_in_chinese_but_what_is_quoted_and_called_so() -> None:
    glossed = 0
    for worked in CASES:
        for full in (False, True):
            text = render(worked.trace, "en", full=full)
            facts = [str(value) for row in worked.trace["inputs"] for value in row.values()]
            given = [fact for fact in facts if CHINESE.search(fact)]
            own = _own(text, [*_sentences(worked.trace), *given])
            assert not CHINESE.search(own), (worked.case.name, own)
            for line in text.splitlines():
                if "clause" in line and "“" in line:
                    assert "quoted in Chinese: “" in line, line
            glossed += text.count("read here as: ")
        assert not CHINESE.search(said(worked.trace, "en").text("en")), worked.case.name
    assert glossed > 500


def _sentences(told: object) -> Iterator[str]:
    """Every sentence of a document that a trace names, the longest of two that hold each other first."""
    if isinstance(told, dict):
        found = [told["quotation"]] if told.get("quotation") else []
        yield from [*found, *(each for value in told.values() for each in _sentences(value))]
    elif isinstance(told, list):
        yield from (each for value in told for each in _sentences(value))


def _own(text: str, others: list[str]) -> str:
    """What is ours of a text: no clause, no sentence of a document, no word that only the facts know."""
    for other in sorted(set(others), key=len, reverse=True):
        text = text.replace(other, "")
    return CLAUSE.sub("", text)


def test_a_family_reads_what_the_city_grants_and_what_the_district_has_not_decided() -> None:
    city = Packs.load(POLICIES).for_region("321203")
    mother = {"subject_id": "s", "birth_date": date(1941, 3, 2)}
    undated = explain(city, "longevity_allowance", OCTOBER, mother)
    assert said(undated, "zh").text("zh") == (
        "本月还不能发放:文件从哪一天起施行,还没有人录入。市里规定不低于50.00元/人·月(80至89周岁);另有7件事没有定。"
    )
    dated = explain(city.taking_effect("taizhou-2020", date(2026, 1, 1)), "longevity_allowance", OCTOBER, mother)
    chinese = said(dated, "zh").text("zh")
    assert chinese.startswith("本月还不能发放。市里规定不低于50.00元/人·月(80至89周岁);还没有决定:满80、90、100周岁的,")
    assert said(dated, "en").text("en") == (
        "Nothing can be paid yet. The city grants at least 50.00 yuan per person and month (80 to 89 years); not"
        " decided yet: whether the amount begins in the month of the birthday or in the month after it, which is for"
        " the district's civil affairs and finance bureaus to decide; further points still open: 6."
    )
    assert len(said(dated, "zh", full=True).text("zh")) > 2 * len(said(dated, "zh").text("zh"))


@LANGUAGES
def test_missing_facts_are_named_and_nothing_is_concluded_from_them(lang: Language) -> None:
    seen = 0
    for worked in CASES:
        codes = {item["code"]: item for item in worked.trace["failed_conditions"]}
        if "missing_input" in codes:
            seen += 1
            named = codes["missing_input"]["text"][lang]
            assert named.split({"zh": "还缺:", "en": "missing: "}[lang])[1], worked.case.name
            assert {"outside_bands", "outside_table", "state_unknown"}.isdisjoint(codes) or len(worked.rows) > 1
    assert seen > 10
