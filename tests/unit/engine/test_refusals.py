"""A broken pack is refused with one sentence: file, line, key, what is wrong, and the mend."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from services.subsidy.engine import PackRefused, Packs
from services.subsidy.engine.refusals import Refusal
from services.subsidy.engine.sentences import SENTENCES
from tests.unit.engine.conftest import town_in

BROKEN = Path(__file__).with_name("broken")
ALLOWANCE, TERMS = "town/parameters/allowance.yaml", "town/terms/levels.yaml"
OPERATING, DISTRICT = "town/parameters/operating.yaml", "town/districts/321202-east/override.yaml"


@dataclass(frozen=True)
class Broken:
    """One mistake: in which file, which words become which, and what the clerk reads."""

    file: str
    old: str
    new: str
    sentence: str = ""


def read_table() -> Iterator[Broken]:
    """Every mistake of every file."""
    for path in sorted(BROKEN.glob("*.yaml")):
        page = YAML(typ="safe").load(path)
        yield from (Broken(page["file"], **mistake) for mistake in page["mistakes"])


TABLE = list(read_table())


def with_words(words: str) -> Broken:
    """The mistake of the table that writes these words."""
    return next(broken for broken in TABLE if words in broken.new)


def broken_town(folder: Path, *mistakes: Broken) -> Path:
    """The town with mistakes."""
    root = town_in(folder)
    for broken in mistakes:
        path = root / broken.file
        text = path.read_text(encoding="utf-8")
        assert broken.old in text, "the table no longer fits the town"
        path.write_text(text.replace(broken.old, broken.new, 1), encoding="utf-8")
    return root


def refusals(root: Path, *districts: Path) -> list[Refusal]:
    """Why the packs are not fit for use."""
    with pytest.raises(PackRefused) as refused:
        Packs.load(root, districts)
    return refused.value.refusals


def heir(root: Path, inherits: str = "town") -> Path:
    """A place that says nothing of its own."""
    folder = root / "heir"
    folder.mkdir()
    head = f'format: anxiang.pack.v1\nregion: "321100"\nname: {{zh: 甲, en: A}}\ninherits: {inherits}\ndocuments: []\n'
    (folder / "pack.yaml").write_text(head, encoding="utf-8")
    return folder


@pytest.mark.parametrize("broken", TABLE, ids=lambda broken: broken.sentence)
def test_one_mistake_is_told_in_one_sentence(tmp_path: Path, broken: Broken) -> None:
    told = refusals(broken_town(tmp_path, broken))
    assert [refusal.sentence() for refusal in told] == [broken.sentence]
    assert re.fullmatch(rf"\S+ 第 {told[0].place.line} 行 \S+:.+;.+。", told[0].sentence("zh"))


def test_the_town_is_fit_for_use(tmp_path: Path) -> None:
    assert [pack.region for pack in Packs.load(town_in(tmp_path))] == ["321200", "321202"]


def test_a_share_may_be_the_whole(tmp_path: Path) -> None:
    figure = Broken("town/parameters/retrofit.yaml", "value: 40", "value: 100")
    assert len(list(Packs.load(broken_town(tmp_path, figure)))) == len({"town", "east"})


def test_the_line_named_is_the_line_of_the_mistake(tmp_path: Path) -> None:
    root = broken_town(tmp_path, with_words("value: 2.5"))
    line = (root / OPERATING).read_text(encoding="utf-8").split("value: 2.5")[0].count("\n") + 1
    assert refusals(root)[0].sentence().startswith(f"{OPERATING}, line {line}, key parameters.2.values.0.value: ")


def test_the_sentence_is_there_in_chinese(tmp_path: Path) -> None:
    told = refusals(broken_town(tmp_path, with_words("49.99")))[0].sentence("zh")
    assert told.endswith("values.0.bands:49.99 低于下限 50(第一条);县(市、区)可以提高,不得降低。")


def test_the_table_has_mistakes_of_every_kind() -> None:
    """Sentences that no row, and no test below, brings about would be dead words."""
    patterns = {code: re.sub(r"\\{\w+\\}", ".+", re.escape(english)) for code, (english, _) in SENTENCES.items()}
    told = [broken.sentence.rstrip(".") for broken in TABLE]
    unseen = {code for code, pattern in patterns.items() if not any(re.search(pattern, text) for text in told)}
    assert unseen == {"file_missing", "leads_out"}


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    told = refusals(broken_town(tmp_path, with_words("CNY/horse/month"), with_words("over: wisdom")))
    assert [refusal.code for refusal in told] == ["unknown_unit", "unlabelled"]


@pytest.mark.parametrize(("old", "code"), [("until: 2026-06-30", "dates_overlap"), ("until: 2026-04-30", "dates_gap")])
def test_values_of_a_district_leave_neither_gap_nor_overlap(tmp_path: Path, old: str, code: str) -> None:
    first = "  - parameter: reward.amount\n    since: 2026-01-01\n"
    root = broken_town(tmp_path, Broken(DISTRICT, first, first + f"    {old}\n"))
    second = "  - parameter: reward.amount\n    since: 2026-06-01\n    value: 3\n    document: notice\n"
    path = root / DISTRICT
    later = second + "    clause: 二\n    quotation: 每人500元\n"
    path.write_text(path.read_text(encoding="utf-8") + later, encoding="utf-8")
    assert [(item.code, item.place.key) for item in refusals(root)] == [(code, "values.15.since")]


def test_a_district_is_decided_once(tmp_path: Path) -> None:
    root = town_in(tmp_path)
    again = shutil.copytree((root / DISTRICT).parent, tmp_path / "again")
    assert [item.sentence().partition(": ")[2] for item in refusals(root, again)] == [
        "321202 is declared twice; keep one."
    ]


def test_a_pack_may_stand_on_another_one(tmp_path: Path) -> None:
    """A place that inherits everything has its programmes, its figures, its words and its targets."""
    root = town_in(tmp_path)
    heir(root)
    packs = Packs.load(root)
    town, other = packs.for_region("321200").content, packs.for_region("321100").content
    for part in ("programmes", "parameters", "labels", "targets", "stacking", "documents"):
        assert getattr(other, part) == getattr(town, part)
    assert packs.for_region("321100").hash != packs.for_region("321200").hash


def test_what_a_pack_inherits_it_may_say_anew_but_not_name_anew(tmp_path: Path) -> None:
    root = town_in(tmp_path)
    folder = heir(root)
    shutil.copy(root / "town" / "targets.yaml", folder)
    (folder / "labels.yaml").write_text("format: anxiang.labels.v1\ncodes:\n  HELPED: {zh: 甲, en: A}\n", "utf-8")
    told = "heir/labels.yaml, line 3, key codes.HELPED: HELPED is declared twice; keep one."
    assert [item.sentence() for item in refusals(root)] == [told]


def test_packs_that_inherit_in_a_circle_are_refused(tmp_path: Path) -> None:
    root = broken_town(tmp_path, Broken("town/pack.yaml", "inherits: national", "inherits: heir"))
    heir(root)
    assert "heir > town > heir inherits from itself" in refusals(root)[0].sentence()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    told = refusals(town_in(tmp_path), tmp_path / "nowhere")[0].sentence()
    assert told.endswith("override.yaml, line 1, key -: the file is not there; add it.")
