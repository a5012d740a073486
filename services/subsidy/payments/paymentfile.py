"""The payment file 代发文件, written for the bank.

Comma-separated, CRLF, in GB18030 or UTF-8. No national format exists; a bank's own layout is another adapter.

- ``H,AXPAY1,<batch id>,<month>,<rows>,<sum in fen>,<encoding>``
- ``D,<sequence>,<line id>,<account name>,<account number>,<bank>,<amount in yuan>,<remark>`` once per row, from 1 on
- ``T,<rows>,<sum in fen>,<SHA-256 of every byte before this line>``
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.subsidy.payments.domain import Instruction
from shared.money import to_yuan

FORMAT = "AXPAY1"
Encoding = Literal["gb18030", "utf-8"]


@dataclass(frozen=True)
class Heading:
    """What the first line says; ``amount_fen`` is the sum of all rows."""

    batch_id: UUID
    month: str
    rows: int
    amount_fen: int
    encoding: Encoding


def _row(values: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(values)
    return out.getvalue()


def _detail(item: Instruction) -> str:
    return _row(
        (
            "D", item.sequence, item.line_id, item.account_name, item.account_number,
            item.bank_name, to_yuan(item.amount_fen), item.remark,
        )
    )  # fmt: skip


def write(heading: Heading, items: Iterable[Instruction]) -> Iterator[bytes]:
    """The file, piece by piece; ValueError when the rows are not those the heading counts."""
    digest, rows, total = hashlib.sha256(), 0, 0
    first = _row(("H", FORMAT, heading.batch_id, heading.month, heading.rows, heading.amount_fen, heading.encoding))
    yield (piece := first.encode(heading.encoding))
    digest.update(piece)
    for item in items:
        rows, total = rows + 1, total + item.amount_fen
        yield (piece := _detail(item).encode(heading.encoding))
        digest.update(piece)
    if (rows, total) != (heading.rows, heading.amount_fen):
        raise ValueError("the rows are not those that the heading counts")
    yield _row(("T", rows, total, digest.hexdigest())).encode(heading.encoding)
