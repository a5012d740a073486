"""The kinds of entries of an account 台账账户, and what follows from their sums.

Decided D, gone G (sent, arrived and offset in, less returned), back B (repaid and offset out), forgiven W (waived, less
withdrawn). What may still be sent is max(0, D - G + B): a waiver takes no part, so what was given up is never sent
again. What is owed is max(0, G - B - D - W). At most one of the two is more than nothing.
"""

from __future__ import annotations

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
