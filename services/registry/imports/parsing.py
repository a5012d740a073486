"""From bytes to fields: encoding, header, lines. One record is one line, so a stray quote spoils one row only."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.registry.imports.domain import HEADINGS, REQUIRED, FileError, RowError

SAMPLE = 1 << 20
LONGEST_LINE = 4000
REPLACEMENT = "\ufffd"
EMPTY = ' \t\r,"'


@dataclass(frozen=True)
class Sheet:
    """A readable file: its encoding, its columns in order, and its text without the header."""

    encoding: str
    columns: tuple[str, ...]
    text: str


def read(content: bytes) -> Sheet:
    """Decode a file and check its header. Bytes that cannot be decoded become U+FFFD, which rejects their row.

    Raises:
        FileError: empty, not text, or a header that is not the published one.
    """
    encoding = detect_encoding(content)
    text = content.decode(encoding, errors="replace").removeprefix("\ufeff")
    header, _, body = text.partition("\n")
    return Sheet(encoding, _columns(header), body)


def detect_encoding(content: bytes) -> str:
    """UTF-8 or GB18030 (which contains GBK): by which of them most lines with Chinese text are well-formed.

    GB18030 reads almost any bytes, so one broken line must not turn a whole UTF-8 file into nonsense.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileError("utf-16", "Save the file as CSV UTF-8.", "请将文件另存为“CSV UTF-8”格式。")
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8"
    lines = [line for line in content[:SAMPLE].split(b"\n") if not line.isascii()]
    if len(content) > SAMPLE and len(lines) > 1:
        lines.pop()  # the sample may end inside a character
    sound = sum(_is_utf8(line) for line in lines)
    return "utf-8" if 2 * sound >= len(lines) else "gb18030"


def blocks(text: str, rows: int) -> Iterator[tuple[int, int, str]]:
    """Cut text into blocks of at most `rows` rows: number of the block's first line, rows in it, and its lines."""
    kept: list[str] = []
    first, count = 2, 0
    for number, line in enumerate(text.split("\n"), start=2):
        kept.append(line)
        count += not is_blank(line)
        if count == rows:
            yield first, count, "\n".join(kept)
            kept, first, count = [], number + 1, 0
    if count:
        yield first, count, "\n".join(kept)


def is_blank(line: str) -> bool:
    """Whether a line holds nothing, as spreadsheets leave them at the end."""
    return not line.strip(EMPTY)


def fields(line: str, columns: Sequence[str]) -> dict[str, str] | RowError:
    """The fields of one line by column, or what is wrong with the line."""
    line = line.rstrip("\r")
    problem = _line_error(line)
    if problem:
        return problem
    if '"' in line:
        try:
            parts = next(csv.reader([line], strict=True))
        except csv.Error:
            return RowError("row", "quotes", "The quotes do not match.", "引号不匹配。")
    else:
        parts = line.split(",")
    if len(parts) != len(columns):
        en = f"The row has {len(parts)} fields, the header {len(columns)}."
        return RowError("row", "field_count", en, f"本行有{len(parts)}列,表头为{len(columns)}列。")
    return {column: part.strip() for column, part in zip(columns, parts, strict=True)}


def _line_error(line: str) -> RowError | None:
    if len(line) > LONGEST_LINE:
        return RowError("row", "too_long", f"Longer than {LONGEST_LINE} characters.", f"本行超过{LONGEST_LINE}个字符。")
    if REPLACEMENT in line:
        return RowError("row", "encoding", "Some characters cannot be read.", "本行有无法识别的字符(编码错误)。")
    if "\0" in line:
        return RowError("row", "nul", "The row holds NUL bytes.", "本行含有空字节(NUL)。")
    return None


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _columns(header: str) -> tuple[str, ...]:
    try:
        names = [name.strip() for name in next(csv.reader([header.rstrip("\r")], strict=True), [])]
    except csv.Error as error:
        raise FileError("header", "The header cannot be read.", "无法读取表头。") from error
    if not any(names):
        raise FileError("empty", "The file is empty.", "文件为空。")
    unknown = [place for place, name in enumerate(names, start=1) if name not in HEADINGS]
    if unknown:  # by place: where the header is missing, the first line names a person
        shown = ", ".join(map(str, unknown[:5]))
        raise FileError(
            "header",
            f"The first line is to hold the names of columns; unknown are columns {shown}.",
            f"首行须为列名;以下各列的列名未知:第 {shown} 列。",
        )
    columns = tuple(HEADINGS[name] for name in names)
    missing = [column for column in REQUIRED if column not in columns]
    if missing or len(set(columns)) < len(columns):
        raise FileError(
            "header",
            f"The header needs each column once, and at least {', '.join(REQUIRED)}.",
            "表头的列不能重复,且至少包含:姓名、身份证号、区划代码。",
        )
    return columns
