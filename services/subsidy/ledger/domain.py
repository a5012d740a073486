"""What follows from the sums of an account 台账账户: what may still be sent, and what is owed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    """What an entry of the ledger says."""

    DECIDED = "decided"
    SENT = "sent"
    SETTLED = "settled"
    RETURNED = "returned"
    ARRIVED = "arrived"
    REPAID = "repaid"
    WAIVED = "waived"
    WAIVER_WITHDRAWN = "waiver_withdrawn"
    OFFSET_OUT = "offset_out"
    OFFSET_IN = "offset_in"


@dataclass(frozen=True)
class Sums:
    """An account in fen: what is decided by all lines together, what is gone out and not come back from the bank, what
    was given back, what was given up. At most one of payable and owed is more than nothing."""

    decided: int
    gone: int
    back: int
    forgiven: int

    @property
    def payable(self) -> int:
        """What may still be sent. A waiver takes no part: what was given up is never sent again."""
        return max(0, self.decided - self.gone + self.back)

    @property
    def owed(self) -> int:
        """What was sent, is not due, was not given back and not given up."""
        return max(0, self.gone - self.back - self.decided - self.forgiven)
