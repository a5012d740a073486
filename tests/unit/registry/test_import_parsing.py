"""The import's parser: encodings, headers, lines."""

from collections.abc import Callable

import pytest

from services.registry.imports.domain import FileError, RowError
from services.registry.imports.parsing import MOST_ROWS, TEXT_LINES, blocks, detect_encoding, fields, read, within_texts

HEADER = "姓名,身份证号,区划代码"
TWO_WAYS = "餵跫".encode()
"""Text in GB 2312 as well."""
COLUMNS = ("name", "identity_number", "region")


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [
        (lambda text: text.encode(), "utf-8"),
        (lambda text: text.encode("utf-8-sig"), "utf-8"),
        (lambda text: text.encode("gbk"), "gb18030"),
        (lambda text: text.encode("gb18030"), "gb18030"),
    ],
)
def test_utf8_and_gbk_files_read_the_same(encode: Callable[[str], bytes], encoding: str) -> None:
    sheet = read(encode(f"{HEADER}\r\n张三,1,2\r\n"))
    assert (sheet.encoding, sheet.columns, sheet.text) == (encoding, COLUMNS, "张三,1,2\r\n")


def test_rare_characters_of_gb18030_are_kept() -> None:
    sheet = read(f"{HEADER}\n张𠅤,1,2\n".encode("gb18030"))
    assert "𠅤" in sheet.text


def test_one_broken_line_does_not_turn_a_utf8_file_into_gbk() -> None:
    lines = [f"{HEADER}".encode(), *("张三,1,2".encode() for _ in range(3)), b"\xd5\xc5,1,2"]
    sheet = read(b"\n".join(lines))
    assert sheet.encoding == "utf-8"
    rows = [fields(line, COLUMNS) for line in sheet.text.split("\n")]
    assert [isinstance(row, RowError) for row in rows] == [False, False, False, True]
    broken = rows[-1]
    assert isinstance(broken, RowError)
    assert broken.code == "encoding"


def test_a_long_file_is_judged_by_its_beginning_even_if_that_ends_inside_a_character() -> None:
    assert detect_encoding(("张" * 40 + "\n").encode() * 10_000) == "utf-8"
    assert detect_encoding(("张" * 40 + "\n").encode("gbk") * 20_000) == "gb18030"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        ("姓名,身份证号\n".encode(), "header"),
        (f"{HEADER},姓名\n".encode(), "header"),
        (f"{HEADER},星座\n".encode(), "header"),
        (f'{HEADER},"住址\n'.encode(), "header"),
        (f"{HEADER}\n".encode("utf-16"), "utf-16"),
        ("name,identity_number,region\n".encode("utf-16-le"), "utf-16"),
        ("name,identity_number,region\n".encode("utf-16-be"), "utf-16"),
        (HEADER.replace(",", "\t").encode(), "separator"),
        (HEADER.replace(",", ";").encode("gbk"), "separator"),
        (b"name,identity_number,region\n" + "张".encode("gbk") + b"\n" * (MOST_ROWS + 2), "rows"),
        (b"name,identity_number,region\n" + TWO_WAYS + b",1,2\n", "encoding"),
        (b"PK\x03\x04 this is a spreadsheet", "header"),
    ],
)
def test_files_that_are_not_the_published_csv_are_refused(content: bytes, code: str) -> None:
    with pytest.raises(FileError) as refused:
        read(content)
    assert refused.value.code == code
    assert refused.value.zh


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("张三,1", "field_count"),
        ("张三,1,2,3", "field_count"),
        ('"张三,1,2', "quotes"),
        ('"张"三,1,2', "quotes"),
        ('张三",1,2', "quotes"),
        ('张"三,1,2', "quotes"),
        ("张\0三,1,2", "nul"),
        ("张\ufffd,1,2", "encoding"),
        ("张" * 4001 + ",1,2", "too_long"),
    ],
)
def test_broken_lines_are_errors_of_the_whole_row(line: str, code: str) -> None:
    found = fields(line, COLUMNS)
    assert isinstance(found, RowError)
    assert (found.column, found.code) == ("row", code)


def test_quoted_fields_keep_their_commas_and_quotes() -> None:
    assert fields('" 张""三, ", 1 ,2\r', COLUMNS) == {"name": '张"三,', "identity_number": "1", "region": "2"}


def test_blocks_number_their_lines_and_leave_out_blank_ones() -> None:
    text = "a\n\nb\r\n,,\nc\nd\n\n"
    assert [(first, rows) for first, rows, _ in blocks(text, 2)] == [(2, 2), (5, 2)]
    assert list(blocks("\n,,\r\n", 2)) == []
    assert "".join(f"{part}\n" for _, _, part in blocks(text, 2)).startswith("a\n\nb\r\n,,\nc\nd\n")


@pytest.mark.parametrize("name", ["联通", "张三", "王", "李建国", "欧阳修远"])
@pytest.mark.parametrize("header", [HEADER, "name,identity_number,region"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_file_of_one_row_is_read_in_its_encoding(name: str, header: str, encoding: str) -> None:
    sheet = read(f"{header}\n{name},1,2\n".encode(encoding))
    assert (sheet.encoding, sheet.text) == (encoding, f"{name},1,2\n")


def test_empty_columns_at_the_end_are_no_columns() -> None:
    sheet = read(f"{HEADER},,\n张三,1,2,,\n".encode())
    wanted = {"name": "张三", "identity_number": "1", "region": "2"}
    assert (sheet.columns, fields("张三,1,2,,", COLUMNS)) == (COLUMNS, wanted)


ROW = "李四,320199194103050016,321202000000"


@pytest.mark.parametrize("between", [1, 2, TEXT_LINES - 1])
@pytest.mark.parametrize("ending", ['路2号"', '路2号",1,2', '"",路2号"'])
def test_what_looks_like_a_row_within_a_text_of_several_lines_is_none(between: int, ending: str) -> None:
    lines = [ROW, '张三,1,"路1号', *[ROW] * between, ending, ROW]
    assert within_texts(lines) == set(range(2, 2 + between))


def test_a_stray_quote_spoils_its_own_row_only() -> None:
    lines = [ROW, '张"三,1,2', *[ROW] * TEXT_LINES, '张"三,1,2', ROW]
    assert within_texts(lines) == set()


@pytest.mark.parametrize("rows", range(1, 8))
def test_no_block_ends_within_a_text_of_several_lines(rows: int) -> None:
    lines = [ROW, '张三,1,"路1号', ROW, ROW, '路2号"', ROW, ROW]
    found = [number for first, _, part in blocks("\n".join(lines), rows) for number in within(first, part)]
    assert found == [4, 5]
    assert sum(count for _, count, _ in blocks("\n".join(lines), rows)) == len(lines)


def within(first: int, part: str) -> list[int]:
    """Line numbers of a block's rows that are part of a text."""
    return [first + place for place in sorted(within_texts(part.split("\n")))]
