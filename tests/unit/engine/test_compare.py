"""Two versions of the law side by side: what changed, from when, and whom it touches."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from services.subsidy.engine import POLICIES, Pack, Packs
from services.subsidy.engine.compare import Change, compare, whom
from services.subsidy.engine.model import Text
from services.subsidy.policies.__main__ import main

AGE = "longevity_allowance"
CITY, SAMPLE = "321200-taizhou", "samples/321202"
Edit = Callable[[str, str, str], None]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The packs as they are."""
    return _copy(tmp_path / "old")


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """The packs as somebody changes them."""
    return _copy(tmp_path / "new")


def _copy(root: Path) -> Path:
    for name in ("national", CITY, SAMPLE):
        shutil.copytree(POLICIES / name, root / name)
    return root


@pytest.fixture
def edit(new: Path) -> Edit:
    """Change one place of a file of the new packs."""

    def change(name: str, before: str, after: str) -> None:
        path = new / name
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")

    return change


def pack(root: Path, region: str = "321202") -> Pack:
    """One region's pack of a folder."""
    return Packs.load(root, [root / SAMPLE]).for_region(region)


def sentences(changes: list[Change], language: str) -> list[str]:
    """What is said, with whom it touches."""
    found = [(change.text, whom(change.affected)) for change in changes]
    return [getattr(part, language) for pair in found for part in pair if part]


def test_the_same_packs_do_not_differ(old: Path, new: Path) -> None:
    assert compare(pack(old), pack(new)) == []


def test_a_raised_band_names_the_ages_the_day_and_the_month(old: Path, new: Path, edit: Edit) -> None:
    edit(f"{SAMPLE}/override.yaml", "at_most: 89, value: 60}", "at_most: 89, value: 80}")
    changes = compare(pack(old), pack(new))
    assert sentences(changes, "zh") == [
        "尊老金标准,80至89周岁:自2026年1月1日起由60.00元/人·月改为80.00元/人·月。",
        "涉及:尊老金;老年人;80至89周岁;自2026年1月起。",
    ]
    said, concerned = sentences(changes, "en")
    assert said == (
        "Amount of the longevity allowance, 80 to 89 years: from 1 January 2026 80.00 yuan per person and month,"
        " was 60.00 yuan per person and month."
    )
    assert concerned == "Concerns: Longevity allowance; senior; 80 to 89 years; from January 2026 on."
    assert (changes[0].part, changes[0].since, changes[0].until) == ("value.80-89", date(2026, 1, 1), None)


def test_a_value_that_begins_later_changes_nothing_before(old: Path, new: Path, edit: Edit) -> None:
    place = "    since: 2026-01-01\n    value: 3.5\n"
    later = "    since: 2026-01-01\n    until: 2026-12-31\n    value: 3.5\n"
    again = """  - parameter: meal_subsidy.amount
    since: 2027-01-01
    value: 4
    document: sample-321202
    clause: 样例第五条
    quotation: 每餐3.50元
"""
    edit(f"{SAMPLE}/override.yaml", place, later)
    edit(
        f"{SAMPLE}/override.yaml",
        "  - parameter: meal_subsidy.daily_cap",
        again + "  - parameter: meal_subsidy.daily_cap",
    )
    changes = compare(pack(old), pack(new))
    assert sentences(changes, "zh")[0] == "每餐补贴标准:自2027年1月1日起由3.50元/餐改为4.00元/餐。"
    assert str(changes[0].affected.month) == "2027-01"


def test_a_split_scale_is_told_for_the_ages_that_change_only(old: Path, new: Path, edit: Edit) -> None:
    band = "- {at_least: 80, at_most: 89, value: 60}"
    halves = "- {at_least: 80, at_most: 84, value: 60}\n      - {at_least: 85, at_most: 89, value: 70}"
    edit(f"{SAMPLE}/override.yaml", band, halves)
    changes = compare(pack(old), pack(new))
    assert [
        (change.part, change.before and change.before.zh, change.after and change.after.zh) for change in changes
    ] == [("value.85-89", "60.00元/人·月", "70.00元/人·月")]


def test_steps_that_change_alike_are_told_as_one(old: Path) -> None:
    one = pack(old).changed({"longevity_allowance.amount": [{"at_least": 80, "value": 5}]})
    steps = [{"at_least": 80, "at_most": 94, "value": 6}, {"at_least": 95, "value": 6}]
    (change,) = compare(one, pack(old).changed({"longevity_allowance.amount": steps}))
    assert change.part == "value.80-"


def test_a_grade_a_choice_and_a_decision_taken_are_told_in_words(old: Path, new: Path, edit: Edit) -> None:
    edit(f"{CITY}/parameters/operating_subsidy.yaml", "2: 0.8", "2: 0.9")
    edit(f"{SAMPLE}/override.yaml", "choice: SAME_MONTH", "choice: NEXT_MONTH")
    told = sentences(compare(pack(old), pack(new)), "zh")
    assert "起发月份:自2026年1月1日起由“满龄当月起发”改为“满龄次月起发”。" in told
    assert "等级倍数,机构等级2:自2026年1月1日起由0.8倍改为0.9倍。" in told
    assert "涉及:养老机构运营补贴;养老机构;机构等级2;自2026年1月起。" in told
    undecided = pack(old).changed({"longevity_allowance.death_month": None})
    (change,) = compare(undecided, pack(old))
    assert change.text.zh == "去世当月:自2026年1月1日起由尚未规定改为“去世当月照发”。"
    assert change.text.en == "Month of death: from 1 January 2026 “the month of death is paid”, was not decided."


def test_in_the_city_where_no_date_is_entered_a_value_counts_when_the_document_does(
    old: Path, new: Path, edit: Edit
) -> None:
    edit(f"{CITY}/parameters/operating_subsidy.yaml", "2: 0.8", "2: 0.9")
    (change,) = compare(pack(old, "321200"), pack(new, "321200"))
    assert change.text.zh == "等级倍数,机构等级2:自文件施行之日起由0.8倍改为0.9倍。"
    assert change.affected.month is None


def test_an_effective_date_is_one_change_that_names_every_benefit(old: Path, new: Path, edit: Edit) -> None:
    edit(f"{SAMPLE}/override.yaml", "    on: 2026-01-01", "    on: 2026-03-15")
    (change,) = compare(pack(old), pack(new))
    assert change.text.zh == ("《关于加快推进养老服务高质量发展的实施意见》:施行日期由2026年1月1日改为2026年3月15日。")
    assert set(change.affected.programmes) == set(pack(new).programmes)
    assert str(change.affected.month) == "2026-04"


def without(given: Pack, programme: str) -> Pack:
    """The pack without a benefit."""
    kept = {code: law for code, law in given.programmes.items() if code != programme}
    return Pack(given.content.model_copy(update={"programmes": kept}))


def test_a_condition_a_benefit_and_a_clause_that_change_are_told(old: Path, new: Path, edit: Edit) -> None:
    stays = "operating_subsidy"
    (change,) = compare(pack(old), without(pack(old), stays))
    assert (change.text.zh, change.affected.beneficiaries["institution"].en) == (
        "补贴项目取消:养老机构运营补贴。",
        "institution",
    )
    (change,) = compare(without(pack(old), stays), pack(old))
    assert change.text.en == "new benefit: Operating subsidy of institutions."
    law = pack(old).programmes[AGE]
    free = law.model_copy(update={"conditions": (), "clause": "二(六)1"})
    changed = Pack(pack(old).content.model_copy(update={"programmes": {**pack(old).programmes, AGE: free}}))
    assert sentences(compare(pack(old), changed), "zh")[::2] == [
        "尊老金:条款由二(六)改为二(六)1。",
        "条件取消:符合本地的户籍或居住条件。",
    ]


def test_what_may_be_had_together_and_how_a_level_translates_are_told_in_words(east: Pack) -> None:
    (change,) = compare(east, east.changed({"stacking.allowance.reward": "ADD"}, since=date(2027, 1, 1)))
    assert change.what == "stacking"
    assert change.text.zh.endswith(":自2027年1月1日起由“就高享受”改为“可以同时享受”。")
    assert set(change.affected.programmes) == {"allowance", "reward"}
    levels = {0: "self_care", 1: "disabled", 2: "disabled", 3: "disabled", 4: "self_care"}
    (level,) = compare(east, east.changed({"levels.former": levels}, since=date(2027, 1, 1)))
    assert level.text.zh.endswith(",评估等级(MZ/T 039)4:自2027年1月1日起由“失能”改为“自理”。")
    assert (level.part, set(level.affected.programmes)) == ("value.4", {"operating"})


def test_a_target_that_goes_and_a_document_that_comes_are_told(east: Pack) -> None:
    content = east.content
    (gone, *_), kept = content.targets, dict(list(content.targets.items())[1:])
    paper = content.documents["notice"].model_copy(update={"id": "next", "title": Text(zh="新通知", en="New notice")})
    more = content.documents | {"next": paper}
    other = Pack(content.model_copy(update={"targets": kept, "documents": more}))
    assert sentences(compare(east, other), "zh") == [
        "新增文件《新通知》。",
        f"目标取消:{content.targets[gone].label.zh}。",
    ]
    assert sentences(compare(other, east), "en")[0] == "document no longer here: New notice."


def test_new_words_change_no_amount(old: Path, new: Path, edit: Edit) -> None:
    edit("national/labels.yaml", "self_care: {zh: 自理", "self_care: {zh: 能自理")
    assert sentences(compare(pack(old), pack(new)), "zh") == ["1处用词不同,不影响金额。"]


def test_the_command_prints_by_region_tells_an_inherited_change_once_and_answers_one(
    old: Path, new: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(f"{CITY}/parameters/meal_subsidy.yaml", "zh: 每餐补贴标准", "zh: 每餐补贴额")
    assert main(["diff", str(old), str(new), "--language", "zh"]) == 1
    assert capsys.readouterr().out == (
        "泰州市 321200\n  每餐补贴额:名称由每餐补贴标准改为每餐补贴额。\n    涉及:助餐补贴;老年人。\n共1处不同。\n"
    )
    assert main(["diff", str(old), str(old)]) == 0
    assert capsys.readouterr().out == "No difference.\n"


def test_a_snapshot_a_hash_and_a_districts_folder_name_a_version_too(
    old: Path, new: Path, edit: Edit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot = tmp_path / "before.json"
    snapshot.write_text(pack(old).snapshot(), encoding="utf-8")
    assert main(["diff", str(snapshot), pack(old).hash]) == 0
    edit(f"{SAMPLE}/override.yaml", "value: 3.5", "value: 4")
    capsys.readouterr()
    assert main(["--language", "zh", "diff", str(snapshot), str(new / SAMPLE)]) == 1
    assert "每餐补贴标准:自2026年1月1日起由3.50元/餐改为4.00元/餐。" in capsys.readouterr().out
    assert main(["diff", str(tmp_path / "nothing"), str(snapshot)]) == 2
    assert "no such folder, snapshot or pack in use" in capsys.readouterr().out
