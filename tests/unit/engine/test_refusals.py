"""A broken pack is refused with one sentence: file, line, key, what is wrong, and the mend."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from services.subsidy.engine import POLICIES, PackRefused, Packs
from services.subsidy.engine.refusals import SENTENCES

OPERATING = "321200-taizhou/parameters/operating_subsidy.yaml"
MEALS = "321200-taizhou/parameters/meal_subsidy.yaml"
PACK = "321200-taizhou/pack.yaml"
SAMPLE = "samples/321202/override.yaml"


@dataclass(frozen=True)
class Broken:
    """One mistake: in which file, which words become which, and what the clerk reads."""

    file: str
    old: str
    new: str
    sentence: str = ""


TABLE = [Broken(**row) for row in YAML(typ="safe").load(Path(__file__).with_name("broken_packs.yaml"))]


def with_words(words: str) -> Broken:
    """The mistake of the table that writes these words."""
    return next(broken for broken in TABLE if words in broken.new)


def broken_copy(folder: Path, broken: Broken) -> Path:
    """A copy of the packs with one mistake."""
    root = folder / "policies"
    shutil.copytree(POLICIES, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = root / broken.file
    text = path.read_text(encoding="utf-8")
    assert broken.old in text, "the table no longer fits the pack"
    path.write_text(text.replace(broken.old, broken.new, 1), encoding="utf-8")
    return root


@pytest.mark.parametrize("broken", TABLE, ids=lambda broken: broken.sentence)
def test_a_broken_pack_is_refused_with_its_sentence(tmp_path: Path, broken: Broken) -> None:
    root = broken_copy(tmp_path, broken)
    with pytest.raises(PackRefused) as refused:
        Packs.load(root, [root / "samples" / "321202"])
    assert broken.sentence in [refusal.sentence() for refusal in refused.value.refusals]


def test_the_line_named_is_the_line_of_the_mistake(tmp_path: Path) -> None:
    broken = with_words("value: 2.5")
    root = broken_copy(tmp_path, broken)
    line = (root / broken.file).read_text(encoding="utf-8").split("value: 2.5")[0].count("\n") + 1
    with pytest.raises(PackRefused) as refused:
        Packs.load(root)
    assert str(refused.value).startswith(f"{OPERATING}, line {line}, key parameters.2.values.0.value: ")


def test_the_sentence_is_there_in_chinese(tmp_path: Path) -> None:
    root = broken_copy(tmp_path, with_words("49.99"))
    with pytest.raises(PackRefused) as refused:
        Packs.load(root, [root / "samples" / "321202"])
    wanted = "values.0.bands:49.99 低于下限 50(二(六));县(市、区)可以提高,不得降低。"
    assert refused.value.refusals[0].sentence("zh").endswith(wanted)


def test_the_table_has_mistakes_of_every_kind() -> None:
    """Sentences that no row, and no test below, brings about would be dead words."""
    patterns = {code: re.sub(r"\\{\w+\\}", ".+", re.escape(english)) for code, (english, _) in SENTENCES.items()}
    told = [broken.sentence.rstrip(".") for broken in TABLE]
    unseen = {code for code, pattern in patterns.items() if not any(re.search(pattern, text) for text in told)}
    assert unseen <= {
        "file_missing",
        "dates_overlap",
        "dates_gap",
        "not_to_change",
        "over_ceiling",
        "unknown_table_key",
    }


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    root = broken_copy(tmp_path, with_words("CNY/horse/month"))
    path = root / MEALS
    path.write_text(path.read_text(encoding="utf-8").replace("unit: meal/day", "unit: plate"), encoding="utf-8")
    with pytest.raises(PackRefused) as refused:
        Packs.load(root)
    assert [item.arguments["unit"] for item in refused.value.refusals] == ["CNY/horse/month", "plate"]


@pytest.mark.parametrize(("old", "code"), [("until: 2026-06-30", "dates_overlap"), ("until: 2026-04-30", "dates_gap")])
def test_values_of_a_parameter_leave_neither_gap_nor_overlap(tmp_path: Path, old: str, code: str) -> None:
    second = "  - parameter: meal_subsidy.daily_cap\n    since: 2026-06-01\n    value: 3\n    document: sample-321202\n"
    second += "    clause: 样例第五条\n    quotation: 每人每日不超过2餐\n"
    first = "  - parameter: meal_subsidy.daily_cap\n    since: 2026-01-01\n"
    root = broken_copy(tmp_path, Broken(SAMPLE, first, first + f"    {old}\n"))
    path = root / SAMPLE
    path.write_text(path.read_text(encoding="utf-8") + second, encoding="utf-8")
    with pytest.raises(PackRefused) as refused:
        Packs.load(root, [root / "samples" / "321202"])
    assert [(item.code, item.place.key) for item in refused.value.refusals] == [(code, "values.14.since")]


def test_an_exact_figure_is_not_for_a_district_to_change(tmp_path: Path) -> None:
    value = "  - parameter: operating_subsidy.minimum_grade\n    since: 2026-01-01\n    value: 1\n"
    value += "    document: sample-321202\n"
    root = broken_copy(tmp_path, TABLE[-1])
    path = root / SAMPLE
    text = (POLICIES / SAMPLE).read_text(encoding="utf-8") + value
    path.write_text(text + "    clause: 样例第五条\n    quotation: 每餐3.50元\n", encoding="utf-8")
    with pytest.raises(PackRefused, match=r"operating_subsidy\.minimum_grade is fixed exactly by 二\(五\); remove"):
        Packs.load(root, [root / "samples" / "321202"])


def test_a_district_is_decided_once(tmp_path: Path) -> None:
    root = broken_copy(tmp_path, TABLE[-1])
    shutil.copytree(POLICIES / "samples" / "321202", root / "321200-taizhou" / "districts" / "321202-hailing")
    with pytest.raises(PackRefused, match="321202 is declared twice; keep one"):
        Packs.load(root, [POLICIES / "samples" / "321202"])


def test_a_real_district_file_is_found_beside_the_pack(tmp_path: Path) -> None:
    root = tmp_path / "policies"
    shutil.copytree(POLICIES, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.move(root / "samples" / "321202", root / "321200-taizhou" / "districts" / "321202-hailing")
    assert Packs.load(root).for_region("321202001000").region == "321202"


def test_a_pack_may_stand_on_another_one(tmp_path: Path) -> None:
    """A place that inherits everything has its programmes and its figures."""
    root = tmp_path / "policies"
    shutil.copytree(POLICIES, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    heir = root / "321100-heir"
    heir.mkdir()
    head = 'format: anxiang.pack.v1\nregion: "321100"\nname: {zh: 甲, en: A}\ninherits: 321200-taizhou\ndocuments: []\n'
    (heir / "pack.yaml").write_text(head, encoding="utf-8")
    packs = Packs.load(root)
    assert set(packs.for_region("321100").programmes) == set(packs.for_region("321200").programmes)
    assert packs.for_region("321100").hash != packs.for_region("321200").hash


def test_packs_that_inherit_in_a_circle_are_refused(tmp_path: Path) -> None:
    root = broken_copy(tmp_path, Broken(PACK, "inherits: national", "inherits: 321100-heir"))
    heir = root / "321100-heir"
    heir.mkdir()
    head = 'format: anxiang.pack.v1\nregion: "321100"\nname: {zh: 甲, en: A}\ninherits: 321200-taizhou\ndocuments: []\n'
    (heir / "pack.yaml").write_text(head, encoding="utf-8")
    with pytest.raises(PackRefused, match="321100-heir > 321200-taizhou > 321100-heir inherits from itself"):
        Packs.load(root)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackRefused) as refused:
        Packs.load(POLICIES, [tmp_path])
    assert str(refused.value).endswith("override.yaml, line 1, key -: the file is not there; add it.")
