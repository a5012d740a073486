"""Names that people really have are names; what nobody can see is none; and no exported cell is ever a formula."""

from __future__ import annotations

import ast
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import sheets
from shared.text import FORMULA, is_name, is_text

ROOT = Path(__file__).parents[3]
NAMES = [
    "张建国",
    "欧阳娜娜",
    "王\U00020164",
    "\U00030edd丽",
    "\U000313f2明",
    "\U0002ebf1华",
    "\U000323b0",
    "㐂子",
    "䶮",
    "〇",
    "阿依古丽·买买提",
    "阿不都热合曼•吐尔逊",
    "ئايگۈل مەمەت",
    "བསོད་ནམས་རྒྱ་མཚོ",
    "ᠪᠠᠲᠤ\u180b",
    "ꆈꌠ",
    "José García-López",
    "O'Brien",
    "Nguyễn Thị Hoa",
    "葛\U000e0100城",
    "辻\ufe00",
    "김영희",
    "李 (小)",
    "Łukasz",
    "示范农村商业银行股份有限公司(东街支行)",
    "“夕阳红”养老院",
    "365养老服务中心",
    "二○○八养老院",
    "A+养老中心",
    "Åsa",
    "A\u030asa",
    "नरेन्द्र",
    "สมชาย",
    "张　三",
]
EXPORTERS = {
    "shared/sheets.py": "what people open in a spreadsheet",
    "services/subsidy/payments/paymentfile.py": "a bank reads it: the true name, or the row is held",
    "services/subsidy/payments/preparation.py": "COPY into the database",
    "services/subsidy/runs/repository.py": "COPY into the database",
    "shared/data/make_regions.py": "the developer's generator",
}
WRITERS = {"writer", "DictWriter", "write_csv", "write_excel"}
BLANKS = ["", " ", "\u3000", "\u00a0", "\t", "\r", "\n", "\ufeff", "\u200b", "'", '"', "(", "\u202e"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_somebody_has_is_a_name(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("start", FORMULA)
@pytest.mark.parametrize("blank", ["", " ", "\u3000"])
def test_no_name_begins_as_a_formula(start: str, blank: str) -> None:
    assert not is_name(f"{blank}{start}1+1")


@pytest.mark.parametrize("name", ["", "·", "。", "☺", "张\U0001f600三", "张\u00a0三", "--", "()", "！"])
def test_what_holds_no_letter_or_a_picture_is_no_name(name: str) -> None:
    assert not is_name(name)


def test_a_note_may_hold_what_a_name_may_not() -> None:
    assert all(map(is_text, ["- 第一项", "=不是公式", "好\U0001f600", "❤\ufe0f", "a\u00a0b", "100%", "−3℃"]))


@pytest.mark.parametrize("start", [*FORMULA, "|", "%"])
@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_no_cell_is_a_formula_whatever_stands_before_its_sign(start: str, blank: str) -> None:
    for rest in ("1+1", "SUM(A1)", "cmd|' /C calc'!A0", "HYPERLINK(1)"):
        assert sheets.harmless(f"{blank}{start}{rest}").startswith("'")


@given(st.text())
def test_every_cell_shows_what_it_holds_and_nothing_hidden(text: str) -> None:
    cell = sheets.harmless(text)
    assert is_text(cell.replace("\t", "").replace("\r", "").replace("\n", "")) or "\\u" in cell
    if is_text(text):
        assert cell in {text, f"'{text}"}
    (read, *_) = csv.reader(io.StringIO(sheets.write(["a"], [[text]]).decode("utf-8-sig").partition("\r\n")[2]))
    assert read in ([cell], []) or cell == ""


def test_numbers_stay_numbers() -> None:
    assert [sheets.harmless(one) for one in (sheets.Number("-60.00"), -3, None)] == ["-60.00", "-3", ""]


def test_every_exporter_is_known_and_spreadsheets_have_one() -> None:
    """Whoever writes CSV does it through ``shared.sheets``, or no spreadsheet reads it."""
    found = set()
    for folder in ("services", "shared"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and node.attr in WRITERS:
                    found.add(file.relative_to(ROOT).as_posix())
    assert found == set(EXPORTERS)


@pytest.mark.parametrize("hidden", ["\ufe00\ufe01", "\U000e0100" * 2, "\U000e0100\u0301\U000e0101", "\u180b\ufe0f"])
def test_a_row_of_selectors_hides_in_no_text(hidden: str) -> None:
    assert is_name(f"葛{hidden[0]}城")
    assert not is_text(f"葛{hidden}城")
