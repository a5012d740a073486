"""A recovery 追缴 is a ledger: opened once, closed by what comes back; its balance is a sum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    """What an entry does to the balance."""

    OPENED = "opened"
    OFFSET = "offset"
    REPAID = "repaid"
    WAIVED = "waived"


SETTLING = frozenset({EntryKind.OFFSET, EntryKind.REPAID, EntryKind.WAIVED})


class OverdrawnError(ValueError):
    """More would come back than is owed."""


@dataclass(frozen=True)
class Entry:
    """One entry; ``amount_fen`` is positive when it opens and negative when it closes."""

    kind: EntryKind
    amount_fen: int


def balance(entries: Iterable[Entry]) -> int:
    """What is still owed, in fen."""
    return sum(entry.amount_fen for entry in entries)


def closing(kind: EntryKind, amount_fen: int, owed_fen: int) -> Entry:
    """The entry that brings ``amount_fen`` back; OverdrawnError when it exceeds what is owed."""
    if kind not in SETTLING or amount_fen <= 0:
        raise ValueError("only a positive offset, repayment or waiver closes a recovery")
    if amount_fen > owed_fen:
        raise OverdrawnError("more than is owed")
    return Entry(kind, -amount_fen)
