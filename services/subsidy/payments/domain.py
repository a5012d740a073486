"""What can happen to one row of a payment batch 发放明细, and the batch's control totals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class BatchState(StrEnum):
    """Where a batch stands: being prepared, ready for the bank, fully answered, or impossible to prepare."""

    PREPARING = "preparing"
    READY = "ready"
    CLOSED = "closed"
    FAILED = "failed"


class ItemState(StrEnum):
    """Where a row stands. ``returned`` waits for a person to confirm; ``confirmed`` may go out again."""

    SENT = "sent"
    SETTLED = "settled"
    RETURNED = "returned"
    CONFIRMED = "confirmed"
    NO_ACCOUNT = "no_account"


LIVE = frozenset({ItemState.SENT, ItemState.SETTLED})


@dataclass(frozen=True)
class Instruction:
    """One row of the payment file; amounts in fen."""

    sequence: int
    line_id: UUID
    account_name: str
    account_number: str
    bank_name: str
    amount_fen: int
    remark: str


@dataclass(frozen=True)
class Answer:
    """One row of the bank's return file."""

    row: int
    sequence: int
    line_id: UUID
    amount_fen: int
    succeeded: bool
    code: str


@dataclass(frozen=True)
class Sent:
    """What a batch holds for a sequence number: what was asked and what the bank said before."""

    line_id: UUID
    amount_fen: int
    state: ItemState


@dataclass(frozen=True)
class RowError:
    """Why a row of a return file is refused; ``row`` counts the file's lines from 1, 0 is the file itself."""

    row: int
    code: str
    en: str
    zh: str


def judge(answer: Answer, sent: Sent | None) -> RowError | None:
    """Why an answer does not fit what was sent; None when it fits or repeats what is known."""
    if sent is None or sent.line_id != answer.line_id:
        return RowError(answer.row, "unknown-row", "no such row in this batch", "批次中没有该明细")
    if sent.amount_fen != answer.amount_fen:
        return RowError(answer.row, "amount", "the amount differs from the one sent", "金额与发送的不一致")
    said = ItemState.SETTLED if answer.succeeded else ItemState.RETURNED
    known = ItemState.RETURNED if sent.state is ItemState.CONFIRMED else sent.state
    if known not in {ItemState.SENT, said}:
        return RowError(answer.row, "contradicts", "an earlier return said otherwise", "与先前回盘结果相矛盾")
    return None


def fresh(answers: Iterable[Answer], sent: dict[int, Sent]) -> list[Answer]:
    """The answers that say something new; the others repeat an earlier return."""
    return [answer for answer in answers if sent[answer.sequence].state is ItemState.SENT]
