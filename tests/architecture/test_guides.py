"""A guide in two languages says the same in both: as many headings, the same code, the same names."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.architecture.pages import DOCS

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
TRANSLATED = sorted(file.name.removesuffix(".zh-CN.md") for file in DOCS.glob("*.zh-CN.md"))


def shape(name: str) -> tuple[list[str], list[str], Counter[str], list[int]]:
    """Levels of headings, blocks of code, names and figures within lines, columns of each table's row."""
    text = (DOCS / name).read_text(encoding="utf-8")
    plain = FENCE.sub("", text)
    names = Counter(re.findall(r"`[^`\n]+`", plain))
    rows = [line.count("|") for line in plain.splitlines() if line.startswith("|")]
    return re.findall(r"^(#+) ", plain, re.MULTILINE), FENCE.findall(text), names, rows


@pytest.mark.parametrize("guide", TRANSLATED)
def test_both_languages_have_the_same_headings_and_tables(guide: str) -> None:
    english, chinese = shape(f"{guide}.md"), shape(f"{guide}.zh-CN.md")
    assert len(english[0]) > 5
    assert (english[0], english[3]) == (chinese[0], chinese[3])


def test_the_vendors_guide_shows_the_same_code_and_names_in_both_languages() -> None:
    _, code, names, _ = shape("delivery-api.md")
    _, code_zh, names_zh, _ = shape("delivery-api.zh-CN.md")
    assert code == code_zh
    assert len(code) == 4
    assert names == names_zh


def test_the_vendors_guide_is_there_in_both() -> None:
    assert "delivery-api" in TRANSLATED
