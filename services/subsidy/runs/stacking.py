"""What a run may still pay beside other benefits of the same senior and month 叠加享受. Pure.

Earlier lines stand as they are: what they paid too much the later line bears, and never more than it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from services.subsidy.engine import Pack
from services.subsidy.engine.stacking import EXCLUDED, REDUCED, UNDECIDED, Claim, combine
from services.subsidy.runs.domain import Outcome
from shared.clock import Month


class Sums(NamedTuple):
    """One benefit in one month, in fen: what is decided, what this run would add, what waits for a decision.

    Decided is what earlier lines pay, less what this run claims back; waiting is what was held beside another benefit
    and is not looked at again by this run.
    """

    decided: int
    own: int
    waiting: int = 0

    @property
    def alone(self) -> int:
        """What is due of it by itself."""
        return max(0, self.decided + self.own + self.waiting)


Benefits = Mapping[str, Sums]
"""A senior's benefits of one month by programme."""


@dataclass(frozen=True)
class Less:
    """What this run may pay of a benefit: less than it is due alone, because of another."""

    amount_fen: int
    reason: str
    other: str
    other_fen: int
    relation: str | None = None
    rule: str | None = None

    @property
    def outcome(self) -> Outcome:
        """Held while nobody decided; otherwise paid as far as something is left."""
        if self.reason == UNDECIDED:
            return Outcome.HELD
        return Outcome.PAID if self.amount_fen else Outcome.NOT_ELIGIBLE


class Paid(NamedTuple):
    """A line of this run that pays something, and the ground of the line before it, if it has one."""

    id: UUID
    scope: int
    senior_id: UUID
    programme: str
    kind: str
    amount_fen: int
    reason: str | None
    earlier: dict[str, Any] | None


@dataclass(frozen=True)
class Change:
    """What becomes of one line; without a ground it goes, as an earlier line says it already."""

    line: Paid
    amount_fen: int
    less: Less
    ground: dict[str, Any] | None

    @property
    def outcome(self) -> str:
        """As the whole benefit, except where this line of several is paid nothing."""
        paid = self.less.outcome == Outcome.PAID and self.amount_fen
        return (Outcome.NOT_ELIGIBLE if self.less.outcome == Outcome.PAID and not paid else self.less.outcome).value


def together(packs: Sequence[Pack], month: Month, sums: Benefits) -> dict[str, Less]:
    """The benefits of which this run pays less. Where the lines come from places whose laws differ, all are held."""
    found = [_by(pack, month, sums) for pack in packs]
    amounts = [{code: less.amount_fen for code, less in one.items()} for one in found]
    if all(one == amounts[0] for one in amounts):
        return found[0]
    return {
        code: Less(0, UNDECIDED, other, sums[other].alone)
        for code, own in sums.items()
        if own.own > 0 and (other := _largest(sums, code))
    }


def _by(pack: Pack, month: Month, sums: Benefits) -> dict[str, Less]:
    claims = combine(pack, month, {code: one.alone for code, one in sums.items()}).claims
    over = {code: max(0, sums[code].decided - claim.amount_fen) for code, claim in claims.items()}
    less: dict[str, Less] = {}
    for code, claim in claims.items():
        if sums[code].own > 0 and (found := _less(pack, month, sums, claim, over)):
            less[code] = found
    return less


def _less(pack: Pack, month: Month, sums: Benefits, claim: Claim, over: dict[str, int]) -> Less | None:
    """What remains of one benefit; ``over`` is what earlier lines paid too much, less what this one bears."""
    code, own = claim.programme, sums[claim.programme].own
    left = min(own, max(0, claim.amount_fen - sums[code].decided))
    reason, other, rule = claim.reason, claim.other, claim.rule
    for paid in over if reason != UNDECIDED else ():
        relation = pack.relation(code, paid, month.first) if paid != code and over[paid] else None
        borne = min(left, over[paid]) if relation and relation.choice != "ADD" else 0
        if borne and relation:
            left, over[paid] = left - borne, over[paid] - borne
            reason = reason or (REDUCED if relation.choice == "COUNT_AGAINST" else EXCLUDED)
            other, rule = other or paid, rule or relation
    if left == own or reason is None or other is None:
        return None
    named = pack.pairing(code, other)
    return Less(left, reason, other, sums[other].alone, rule.choice if rule else None, named.id if named else None)


def _largest(sums: Benefits, code: str) -> str | None:
    """The other benefit that is due the most."""
    others = [other for other, one in sums.items() if other != code and one.alone]
    return max(others, key=lambda other: sums[other].alone, default=None)


def share(less: Less, before: int, due: int) -> int:
    """One line's part of what is left, when lines before it in the same benefit were due ``before``."""
    return min(due, max(0, less.amount_fen - before))


def ground(
    less: Less, sums: Benefits, *, due: int, before: int, reason: str | None, packs: Sequence[str]
) -> dict[str, Any]:
    """What a line keeps, so that it can be explained and worked out again."""
    return {
        "due_fen": due,
        "reason": reason,
        "other": less.other,
        "other_fen": less.other_fen,
        "relation": less.relation,
        "rule": less.rule,
        "before_fen": before,
        "sums": {code: list(one) for code, one in sums.items()},
        "packs": list(packs),
    }


def same(one: Mapping[str, Any], other: Mapping[str, Any] | None) -> bool:
    """Whether two grounds say the same: another look at what was known before."""
    if other is None:
        return False
    totals = [{code: Sums(*sums).alone for code, sums in each["sums"].items()} for each in (one, other)]
    return totals[0] == totals[1] and all(one[name] == other[name] for name in ("other", "relation", "rule"))


def again(packs: Sequence[Pack], programme: str, month: Month, stored: Mapping[str, Any], due: int) -> int:
    """A line's amount worked out once more from what it is due alone and the benefits it keeps beside it."""
    sums = {code: Sums(*one) for code, one in stored["sums"].items()}
    mine = sums[programme]
    sums[programme] = mine._replace(own=mine.own - stored["due_fen"] + due)
    less = together(packs, month, sums).get(programme)
    return share(less, stored["before_fen"], due) if less else due
