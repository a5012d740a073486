"""The return file 回盘文件, read from the bank.

Comma-separated, LF or CRLF, in UTF-8 or GB18030.

- ``H,AXRET1,<batch id>,<rows>,<sum in fen>``
- ``D,<sequence>,<line id>,<amount in yuan>,<S or F>,<code>[,<text>]`` once per row answered
- ``T,<rows>,<rows paid>,<sum paid in fen>,<rows failed>,<sum failed in fen>``

A bank may answer in several files. A file whose totals do not hold is refused whole.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from uuid import UUID

from services.subsidy.payments.domain import Answer, RowError
from shared.money import to_fen

FORMAT = "AXRET1"
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")


class ReturnFileError(ValueError):
    """The file is refused; ``errors`` says why, row by row."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        super().__init__(f"{len(errors)} errors in the return file")
        self.errors = list(errors)


def _fault(row: int, code: str, en: str, zh: str) -> ReturnFileError:
    return ReturnFileError([RowError(row, code, en, zh)])


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _fault(0, "encoding", "neither UTF-8 nor GB18030", "文件编码既不是UTF-8也不是GB18030")


def _records(text: str) -> list[list[str]]:
    if "\x00" in text:
        raise _fault(0, "nul", "the file contains NUL bytes", "文件含有空字节")
    try:
        return [record for record in csv.reader(io.StringIO(text), strict=True) if record]
    except csv.Error:
        raise _fault(0, "csv", "not a comma-separated file", "不是有效的CSV文件") from None


def _answer(row: int, record: list[str]) -> Answer | RowError:
    if len(record) not in {6, 7} or record[0] != "D":
        return RowError(row, "layout", "a row is D,sequence,line,amount,S|F,code[,text]", "明细行格式不正确")
    _, sequence, line_id, amount, result, code, *_ = record
    try:
        fen = to_fen(amount)
        line = UUID(line_id)
    except ValueError:
        return RowError(row, "value", "the line id or the amount cannot be read", "明细编号或金额无法解析")
    if not _NUMBER.fullmatch(sequence) or result not in {"S", "F"} or not _CODE.fullmatch(code):
        return RowError(row, "value", "the sequence, the result or the code cannot be read", "序号、结果或代码无法解析")
    return Answer(row, int(sequence), line, fen, result == "S", code)


def _heading(record: list[str], batch_id: UUID) -> tuple[str, str]:
    if len(record) != 5 or record[:2] != ["H", FORMAT]:
        raise _fault(1, "heading", f"the first line is H,{FORMAT},batch,rows,sum", "首行格式不正确")
    if record[2].lower() != str(batch_id):
        raise _fault(1, "batch", "the file answers another batch", "回盘文件对应其他批次")
    return record[3], record[4]


def _check_totals(heading: tuple[str, str], trailer: list[str], answers: Sequence[Answer]) -> None:
    paid = [answer.amount_fen for answer in answers if answer.succeeded]
    failed = [answer.amount_fen for answer in answers if not answer.succeeded]
    rows = len(answers)
    if heading != (str(rows), str(sum(paid) + sum(failed))):
        raise _fault(1, "totals", "the heading does not count the rows that follow", "首行合计与明细不符")
    if trailer[1:] != [str(n) for n in (rows, len(paid), sum(paid), len(failed), sum(failed))]:
        raise _fault(rows + 2, "totals", "the trailer does not count the rows before it", "尾行合计与明细不符")


def read(content: bytes, batch_id: UUID) -> list[Answer]:
    """The bank's answers for a batch; ReturnFileError when the file cannot be trusted."""
    records = _records(_decode(content))
    if len(records) < 3 or records[-1][0] != "T":
        raise _fault(0, "layout", "a heading, rows and a trailer are needed", "文件应包含首行、明细和尾行")
    heading = _heading(records[0], batch_id)
    parsed = [_answer(row, record) for row, record in enumerate(records[1:-1], start=2)]
    faults = [item for item in parsed if isinstance(item, RowError)]
    answers = [item for item in parsed if isinstance(item, Answer)]
    seen: set[int] = set()
    for answer in answers:
        if answer.sequence in seen:
            faults.append(RowError(answer.row, "twice", "this sequence number appears twice", "序号重复"))
        seen.add(answer.sequence)
    if faults:
        raise ReturnFileError(faults)
    _check_totals(heading, records[-1], answers)
    return answers
