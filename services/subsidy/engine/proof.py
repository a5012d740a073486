"""A stored line, worked out again from its inputs and its pack."""

from __future__ import annotations

from dataclasses import dataclass

from services.subsidy.engine.pack import Pack
from services.subsidy.engine.trace import Rows, explain
from shared.clock import Month


@dataclass(frozen=True)
class Proof:
    """Whether the same facts under the same law still give the same sum."""

    holds: bool
    recomputed_fen: int
    stored_fen: int
    pack_hash: str


def prove(pack: Pack, programme: str, month: Month, rows: Rows, stored_fen: int) -> Proof:
    """Calculate a line again. ``pack`` is the one its hash names: loaded, or restored from its snapshot."""
    recomputed = int(explain(pack, programme, month, rows)["amount_fen"])
    return Proof(recomputed == stored_fen, recomputed, stored_fen, pack.hash)
