"""What can happen to one row of a payment batch 发放明细, and the batch's control totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID


class BatchState(StrEnum):
    """Where a batch stands: being prepared, ready for the bank, fully answered, impossible to prepare, or withdrawn
    before anybody had its file."""

    PREPARING = "preparing"
    READY = "ready"
    CLOSED = "closed"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class ItemState(StrEnum):
    """Where a row stands. ``returned`` waits for a person to confirm; ``confirmed`` may go out again. ``disputed``:
    returned first and settled later, waits for a person; ``arrived``: that person found it paid. ``held`` and
    ``no_account`` are not in the file; ``withdrawn``: nor did the file ever leave."""

    SENT = "sent"
    SETTLED = "settled"
    RETURNED = "returned"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    ARRIVED = "arrived"
    NO_ACCOUNT = "no_account"
    HELD = "held"
    WITHDRAWN = "withdrawn"


FRESH = timedelta(minutes=30)
"""How long the last look at a batch's lines lets its file leave for the first time."""


class Result(StrEnum):
    """What came of one answer of the bank, or of a person's look at two that contradict each other."""

    APPLIED = "applied"
    REPEATS = "repeats"
    LATE_RETURN = "late_return"
    CONTRADICTION = "contradiction"
    PAID = "paid"
    NOT_PAID = "not_paid"


AFTER = {
    (ItemState.SENT, True): (Result.APPLIED, ItemState.SETTLED),
    (ItemState.SENT, False): (Result.APPLIED, ItemState.RETURNED),
    (ItemState.SETTLED, False): (Result.LATE_RETURN, ItemState.RETURNED),
    (ItemState.ARRIVED, False): (Result.LATE_RETURN, ItemState.RETURNED),
    (ItemState.RETURNED, True): (Result.CONTRADICTION, ItemState.DISPUTED),
    (ItemState.CONFIRMED, True): (Result.CONTRADICTION, ItemState.DISPUTED),
}
"""What an answer does to a row, by whether the bank says that it was paid; anything else repeats what is known."""


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


@dataclass(frozen=True)
class News:
    """An answer that says something new: what comes of it, and where the row stands then."""

    answer: Answer
    result: Result
    after: ItemState


def judge(answer: Answer, sent: Sent | None) -> RowError | None:
    """Why an answer does not fit what was sent; None when it fits, whatever the bank said before."""
    if sent is None or sent.line_id != answer.line_id:
        return RowError(answer.row, "unknown-row", "no such row in this batch", "批次中没有该明细")
    if sent.amount_fen != answer.amount_fen:
        return RowError(answer.row, "amount", "the amount differs from the one sent", "金额与发送的不一致")
    return None


def news(answers: Iterable[Answer], sent: Mapping[int, Sent]) -> list[News]:
    """The answers that say something new, with what comes of them; the others repeat an earlier return."""
    found = ((answer, AFTER.get((sent[answer.sequence].state, answer.succeeded))) for answer in answers)
    return [News(answer, *after) for answer, after in found if after]
