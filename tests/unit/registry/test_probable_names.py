"""Names that were damaged on the way are told from names of people."""

import pytest

from services.registry.imports.rows import Person, check
from services.registry.seniors.names import is_probable
from shared.text import is_name
from tests.unit.registry.test_import_rows import GOOD, RULES

REAL = [
    *("张三", "王建国", "欧阳修远", "司徒玉兰", "单曾", "刘锟", "吕布", "李屯屯", "老人17", "㐂子", "张𠅤", "〇一"),
    *("龙䶮", "买买提·艾力", "买买提•艾力", "买买提∙艾力", "阿卜杜热合曼", "José María", "Nguyễn Văn An", "O'Brien"),
    *("Jean-Luc", "Björk", "阿依古丽（小）", "Иван Петров", "김철수", "山田 太郎"),
]  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_a_real_name_is_taken(name: str) -> None:
    assert is_name(name)
    assert is_probable(name)


@pytest.mark.parametrize("name", [name for name in REAL if not name.isascii()])
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "gb18030"])
def test_a_name_read_in_another_encoding_is_no_name(name: str, encoding: str) -> None:
    try:
        damaged = name.encode().decode(encoding)
    except UnicodeDecodeError:
        damaged = name.encode().decode(encoding, errors="replace")
    assert not (is_name(damaged) and is_probable(damaged)), damaged


@pytest.mark.parametrize(
    "sign", ["?", "？", "*", "＊", "□", "■", "〓", "▯", "¿", "\ufffd", "锟斤拷", "烫烫烫", "¤", "×"]
)
@pytest.mark.parametrize("place", ["{}国", "张{}国", "张{}"])
def test_a_sign_for_a_lost_character_is_no_part_of_a_name(sign: str, place: str) -> None:
    name = place.format(sign)
    assert not (is_name(name) and is_probable(name))
    errors = check(GOOD | {"name": name}, RULES)
    assert not isinstance(errors, Person)
    assert [error.column for error in errors] == ["name"]
