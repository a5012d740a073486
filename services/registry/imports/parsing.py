"""From bytes to fields: encoding, header, lines. One record is one line, so a stray quote spoils one row only."""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.registry.imports.domain import HEADINGS, REQUIRED, FileError, RowError

UTF_8, GB18030 = "utf-8", "gb18030"
SAMPLE = 200
"""Bytes by which UTF-16 without its mark is known: every second one of plain text is zero."""
MOST_ROWS = 300_000
OUTSIDE = re.compile(r"[\u0080-\u2fff\ua000-\uf8ff]")
LONGEST_LINE = 4000
REPLACEMENT = "\ufffd"
QUOTED = re.compile(r'(?:"(?:[^"]|"")*+"|[^",]*+)(?:,(?:"(?:[^"]|"")*+"|[^",]*+))*+')
"""A line whose quotes begin and end fields."""
EMPTY = ' \t\r,"'
TEXT_LINES = 20
"""Lines after an open quote among which its end is looked for."""


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
    if body.count("\n") > MOST_ROWS:
        raise FileError("rows", f"At most {MOST_ROWS} rows; split the file.", f"每次最多导入{MOST_ROWS}行,请拆分文件。")
    return Sheet(encoding, _columns(header), body)


def detect_encoding(content: bytes) -> str:
    """UTF-8 or GB18030 (which contains GBK), decided on the whole file: by a header in Chinese, which is known in one
    of them only; else by which of them the file is; else, where lines are broken, by which of them most lines are.

    GB18030 reads almost any bytes, so one broken line must not turn a whole UTF-8 file into nonsense.

    Raises:
        FileError: UTF-16, or so short a file that it is common text in both.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _is_bare_utf16(content[:SAMPLE]):
        raise FileError("utf-16", "Save the file as CSV UTF-8.", "请将文件另存为“CSV UTF-8”格式。")
    if content.startswith(codecs.BOM_UTF8):
        return UTF_8
    header = content.partition(b"\n")[0]
    known = [one for one in (UTF_8, GB18030) if not header.isascii() and _reads_header(header, one)]
    if known:
        return known[0]
    utf8, gb = _decoded(content, UTF_8), _decoded(content, GB18030)
    if utf8 is None:
        lines = [line for line in content.split(b"\n") if not line.isascii()]
        return UTF_8 if 2 * sum(_decoded(line, UTF_8) is not None for line in lines) >= len(lines) else GB18030
    if gb is None or content.isascii() or not _is_common(gb):
        return UTF_8
    if OUTSIDE.search(utf8):  # letters that no Chinese file is made of
        return GB18030
    raise FileError(
        "encoding",
        "The file can be read in two encodings; save it as CSV UTF-8, or give it the header in Chinese.",
        "文件编码无法确定,请另存为“CSV UTF-8”格式,或使用中文表头。",
    )


def blocks(text: str, rows: int) -> Iterator[tuple[int, int, str]]:
    """Cut text into blocks of at most `rows` rows: number of the block's first line, rows in it, and its lines."""
    kept: list[str] = []
    first, count = 2, 0
    opened: int | None = None
    for number, line in enumerate(text.split("\n"), start=2):
        kept.append(line)
        count += not is_blank(line)
        if _is_torn(line):
            opened = None if _is_open(opened, number) else number
        if count >= rows and not _is_open(opened, number):
            yield first, count, "\n".join(kept)
            kept, first, count = [], number + 1, 0
    if count:
        yield first, count, "\n".join(kept)


def within_texts(lines: Sequence[str]) -> set[int]:
    """Places of lines between two whose quotes do not match: a text of several lines may begin in the first and end in
    the second, and what looks like a row between them is part of it."""
    within: set[int] = set()
    opened: int | None = None
    for place, line in enumerate(lines):
        if not _is_torn(line):
            continue
        if opened is not None and _is_open(opened, place):
            within.update(range(opened + 1, place))
            opened = None
        else:
            opened = place
    return within


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
        if not QUOTED.fullmatch(line):  # such as the end of a text that began on a line before
            return RowError("row", "quotes", "The quotes do not match.", "引号不匹配。")
        parts = next(csv.reader([line], strict=True))
    else:
        parts = line.split(",")
    while len(parts) > len(columns) and not parts[-1].strip():
        parts.pop()
    if len(parts) != len(columns):
        en = f"The row has {len(parts)} fields, the header {len(columns)}."
        return RowError("row", "field_count", en, f"本行有{len(parts)}列,表头为{len(columns)}列。")
    return {column: part.strip() for column, part in zip(columns, parts, strict=True)}


def _is_torn(line: str) -> bool:
    return line.count('"') % 2 == 1


def _is_open(opened: int | None, line: int) -> bool:
    return opened is not None and line - opened <= TEXT_LINES


def _line_error(line: str) -> RowError | None:
    if len(line) > LONGEST_LINE:
        return RowError("row", "too_long", f"Longer than {LONGEST_LINE} characters.", f"本行超过{LONGEST_LINE}个字符。")
    if REPLACEMENT in line:
        return RowError("row", "encoding", "Some characters cannot be read.", "本行有无法识别的字符(编码错误)。")
    if "\0" in line:
        return RowError("row", "nul", "The row holds NUL bytes.", "本行含有空字节(NUL)。")
    return None


def _is_bare_utf16(content: bytes) -> bool:
    return len(content) >= 8 and max(content[::2].count(0), content[1::2].count(0)) * 3 > len(content)


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_common(text: str) -> bool:
    """Whether a text is written in the characters of GB 2312, as nearly every short one is."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _reads_header(header: bytes, encoding: str) -> bool:
    text = _decoded(header, encoding) or ""
    return any(name.strip(EMPTY) in HEADINGS for name in text.split(","))


def _columns(header: str) -> tuple[str, ...]:
    try:
        names = [name.strip() for name in next(csv.reader([header.rstrip("\r")], strict=True), [])]
    except csv.Error as error:
        raise FileError("header", "The header cannot be read.", "无法读取表头。") from error
    if not any(names):
        raise FileError("empty", "The file is empty.", "文件为空。")
    while not names[-1]:  # a spreadsheet's empty columns
        names.pop()
    if len(names) == 1 and re.search("[\t;]", names[0]):
        raise FileError("separator", "Separate the columns by commas.", "各列须以英文逗号分隔,不支持制表符或分号。")
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
