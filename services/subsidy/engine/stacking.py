"""Several benefits for one person in one month 叠加享受: what a pack's matrix says of each pair, and what is best.

A pair is added, excludes each other (the senior may choose), pays only the higher one, or the second is counted
against the first: the first is paid less what the second pays. A pair that nobody decided stops both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

from services.subsidy.engine.pack import Pack
from services.subsidy.engine.values import Resolved
from shared.clock import Month

UNDECIDED, EXCLUDED, REDUCED = "stacking_undecided", "stacking_excluded", "stacking_counted"
_ALTERNATIVE = {"EXCLUDE", "HIGHER_OF"}


@dataclass(frozen=True)
class Claim:
    """What remains of one benefit beside the others. ``other`` is the benefit it gives way to, ``rule`` says why."""

    programme: str
    due_fen: int
    amount_fen: int
    reason: str | None = None
    other: str | None = None
    rule: Resolved | None = None


@dataclass(frozen=True)
class Choice:
    """A set of benefits that may be had together, and what it pays in fen."""

    programmes: tuple[str, ...]
    total_fen: int


@dataclass(frozen=True)
class Combination:
    """What is paid of each benefit, and every other legal choice, dearest first."""

    claims: Mapping[str, Claim]
    choices: tuple[Choice, ...]

    @property
    def total_fen(self) -> int:
        """The sum of what is paid."""
        return sum(claim.amount_fen for claim in self.claims.values())


def combine(pack: Pack, month: Month, due: Mapping[str, int]) -> Combination:
    """The best that one person may have of several benefits. ``due`` is fen by programme, each alone; zero is left out.

    Of equal sums the one with more benefits wins, then the order of ``due``.
    """
    paid = {code: fen for code, fen in due.items() if fen > 0}
    rules = {(a, b): pack.relation(a, b, month.first) for a, b in combinations(paid, 2)}
    stopped: dict[str, str] = {}
    for (a, b), rule in rules.items():
        if rule is None:
            stopped.setdefault(a, b)
            stopped.setdefault(b, a)
    free = [code for code in paid if code not in stopped]
    legal = [Choice(some, sum(_remaining(pack, paid, rules, some).values())) for some in _legal(free, rules)]
    ranked = sorted(legal, key=lambda choice: (-choice.total_fen, -len(choice.programmes)))
    chosen = ranked[0].programmes
    remaining = _remaining(pack, paid, rules, chosen)
    claims = {
        code: Claim(code, fen, 0, UNDECIDED, stopped[code])
        if code in stopped
        else _claim(pack, code, fen, remaining, rules)
        for code, fen in paid.items()
    }
    return Combination(claims, tuple(ranked[1:]) if len(chosen) < len(free) else ())


def _between(rules: Mapping[tuple[str, str], Resolved | None], a: str, b: str) -> Resolved | None:
    return rules[a, b] if (a, b) in rules else rules[b, a]


def _legal(free: Sequence[str], rules: Mapping[tuple[str, str], Resolved | None]) -> Iterator[tuple[str, ...]]:
    """Every set without two that stand for each other; none of them could take one more."""
    every = chain.from_iterable(combinations(free, size) for size in range(len(free), -1, -1))
    found: list[set[str]] = []
    for some in every:
        pairs = (_between(rules, a, b) for a, b in combinations(some, 2))
        if any(rule and rule.choice in _ALTERNATIVE for rule in pairs) or any(set(some) < more for more in found):
            continue
        found.append(set(some))
        yield some


def _remaining(
    pack: Pack, paid: Mapping[str, int], rules: Mapping[tuple[str, str], Resolved | None], some: Sequence[str]
) -> dict[str, int]:
    """Fen by programme when exactly these are had together. In a circle of rules the last one is not asked again."""
    left: dict[str, int | None] = {}

    def remains(code: str) -> int:
        left[code] = None
        against = (other for other in sorted(some) if other != code and _counts(pack, rules, code, other))
        taken = sum(left[other] or 0 if other in left else remains(other) for other in against)
        left[code] = max(0, paid[code] - taken)
        return left[code] or 0

    for code in sorted(some):
        if code not in left:
            remains(code)
    return {code: left[code] or 0 for code in some}


def _counts(pack: Pack, rules: Mapping[tuple[str, str], Resolved | None], first: str, second: str) -> bool:
    """Whether the second is counted against the first."""
    rule = _between(rules, first, second)
    return rule is not None and rule.choice == "COUNT_AGAINST" and pack.counted(first, second)


def _claim(
    pack: Pack, code: str, fen: int, remaining: Mapping[str, int], rules: Mapping[tuple[str, str], Resolved | None]
) -> Claim:
    """How one benefit fares in the chosen set."""
    if code in remaining:
        for other in remaining:
            if other != code and _counts(pack, rules, code, other):
                return Claim(code, fen, remaining[code], REDUCED, other, _between(rules, code, other))
        return Claim(code, fen, remaining[code])
    for other in remaining:
        rule = _between(rules, code, other)
        if rule and rule.choice in _ALTERNATIVE:
            return Claim(code, fen, 0, EXCLUDED, other, rule)
    raise LookupError(code)
