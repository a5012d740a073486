"""What must be true of every pack and of the formulas that read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.subsidy.engine import POLICIES, Pack, Packs
from services.subsidy.engine.calculate import reasons
from services.subsidy.engine.loader import SOURCES
from services.subsidy.engine.rules import Rules
from services.subsidy.policies.__main__ import main
from shared.clock import Month

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "services" / "subsidy" / "engine"
FORMULAS = sorted(
    [*ENGINE.glob("kinds/*.py"), *(ENGINE / name for name in ("calculate.py", "conditions.py", "values.py"))]
)
ALLOWED = {0, 1, 100}
PACKS = list(Packs.load(POLICIES, sorted(POLICIES.glob("samples/*/"))))


def figures(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every number written in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            yield node


@pytest.mark.parametrize("path", FORMULAS, ids=lambda path: path.name)
def test_no_figure_of_the_law_stands_in_a_formula(path: Path) -> None:
    found = [(node.lineno, node.value) for node in figures(ast.parse(path.read_text(encoding="utf-8")))]
    assert [item for item in found if item[1] not in ALLOWED] == []


def test_the_check_on_figures_sees_one() -> None:
    assert [node.value for node in figures(ast.parse("amount = 50 * factor + (flag is True)"))] == [50]


def test_no_city_is_named_in_python() -> None:
    names = {part for path in POLICIES.glob("*/pack.yaml") for part in path.parent.name.split("-")[1:]}
    names |= {pack.name.zh.partition("(")[0].removesuffix("区").removesuffix("市") for pack in PACKS}
    texts = {path: path.read_text(encoding="utf-8").lower() for path in (ROOT / "services" / "subsidy").rglob("*.py")}
    assert names
    assert [(path.name, name) for path, text in texts.items() for name in names if name in text] == []


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.region)
def test_every_quotation_is_in_its_document(pack: Pack) -> None:
    texts = {
        document.id: next(p for p in [SOURCES / document.source, *POLICIES.rglob(document.source)] if p.is_file())
        for document in pack.content.documents.values()
    }
    places = [*pack.content.parameters.values(), *pack.programmes.values()]
    places += [condition for programme in pack.programmes.values() for condition in programme.conditions]
    places += pack.content.targets.values()
    places += [value for values in pack.content.local.values() for value in values]
    missing = [p.quotation for p in places if p.quotation not in texts[p.document].read_text(encoding="utf-8")]
    assert places
    assert missing == []


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.region)
def test_people_never_see_a_bare_code(pack: Pack) -> None:
    labels = pack.content.labels
    for programme in pack.programmes.values():
        rules = Rules(pack, programme, Month(2026, 10))
        conditions = {condition.code for condition in programme.conditions}
        bare = set(reasons(rules).categories) - conditions - set(pack.content.parameters) - set(labels.reasons)
        assert bare == set()


def test_what_the_text_does_not_say_is_empty_and_says_who_decides() -> None:
    city = next(pack for pack in PACKS if pack.region == "321200")
    silent = [parameter for parameter in city.content.parameters.values() if not parameter.values]
    assert {parameter.id for parameter in silent} >= {
        "longevity_allowance.start_month", "longevity_allowance.age_reached", "longevity_allowance.leap_day_birthday",
        "longevity_allowance.death_month", "longevity_allowance.residence", "longevity_allowance.arrears_months",
        "operating_subsidy.part_month", "operating_subsidy.change_in_month",
        "meal_subsidy.amount", "meal_subsidy.daily_cap", "meal_subsidy.monthly_cap",
    }  # fmt: skip
    every = [parameter for pack in PACKS for parameter in pack.content.parameters.values() if not parameter.values]
    assert all(parameter.missing_decision and parameter.decided_by for parameter in every)


def test_no_pack_of_a_city_pays_before_a_person_entered_the_date_and_a_draft_never_does() -> None:
    for pack in (pack for pack in PACKS if not pack.sample):
        reason = "document_is_draft" if pack.status == "draft" else "effective_date_missing"
        for programme in pack.programmes.values():
            assert Rules(pack, programme, Month(2026, 10)).shut == ("not_configured", reason)


def test_a_sample_says_that_it_is_no_law() -> None:
    for pack in (pack for pack in PACKS if pack.sample):
        assert pack.content.note is not None
        assert "不是" in pack.content.note.zh
        assert all("不是法规" in path.read_text(encoding="utf-8") for path in POLICIES.glob("samples/*/*"))


def test_the_clerk_s_check_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert "packs are fit for use" in capsys.readouterr().out


def test_the_clerk_sees_what_is_in_force_and_what_is_undecided(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--language", "zh", "show", "321203"]) == 0
    shown = capsys.readouterr().out
    assert "尊老金标准" in shown
    assert "每人每日最多补几餐" in shown
    assert "不属于单个项目的规定" in shown
    assert "养老护理员" in shown
    assert "≥ 60%, 到2022年" in shown
    assert main(["show", "999999"]) == 1
