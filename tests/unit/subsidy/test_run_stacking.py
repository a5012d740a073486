"""What a run pays beside what was decided before: never more than may be had together, never a line below zero."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from services.subsidy.engine import POLICIES, Packs
from services.subsidy.engine.stacking import UNDECIDED, combine
from services.subsidy.runs.stacking import Less, Sums, again, ground, same, share, together
from shared.clock import Month

MONTH = Month(2026, 10)
CODES = ("longevity_allowance", "meal_subsidy", "bath_subsidy", "home_service_value")
CITY = Packs.load(POLICIES).for_region("321203")
NAMES = {frozenset(pair): name for name, pairs in CITY.content.stacking.items() for pair in pairs.each()}
PAIRS = sorted({frozenset(pair) for pair in permutations(CODES, 2)}, key=sorted)
CHOICES = st.sampled_from(["ADD", "EXCLUDE", "HIGHER_OF", "COUNT_AGAINST", None])
FEN = st.integers(0, 9_000)
SUMS = st.dictionaries(st.sampled_from(CODES), st.tuples(FEN, FEN).map(lambda fen: Sums(*fen)), min_size=1)


@given(SUMS, st.tuples(*[CHOICES] * len(PAIRS)))
def test_the_later_line_bears_it_and_no_more_than_it_has(
    sums: dict[str, Sums], choices: tuple[str | None, ...]
) -> None:
    pack = CITY.changed({NAMES[pair]: choice for pair, choice in zip(PAIRS, choices, strict=True)})
    less = together([pack], MONTH, sums)
    left = {code: less[code].amount_fen if code in less else one.own for code, one in sums.items()}
    assert all(0 <= left[code] <= one.own for code, one in sums.items())
    assert all(one.amount_fen == 0 for one in less.values() if one.reason == UNDECIDED)
    best = combine(pack, MONTH, {code: one.alone for code, one in sums.items()}).total_fen
    decided = sum(one.decided for one in sums.values())
    if not decided:
        assert sum(left.values()) == best
    if len(sums) < 3 and any(left.values()):
        assert decided + sum(left.values()) <= max(best, decided)
    for code, one in less.items():
        kept = ground(one, sums, due=sums[code].own, before=0, reason=None, packs=[])
        assert again([pack], code, MONTH, kept, sums[code].own) == left[code]
        assert same(kept, kept)


def test_two_places_whose_laws_differ_hold_all_of_it() -> None:
    pair = NAMES[frozenset(CODES[:2])]
    sums = {CODES[0]: Sums(0, 5_000), CODES[1]: Sums(0, 700)}
    added, excluded = (CITY.changed({pair: choice}) for choice in ("ADD", "EXCLUDE"))
    assert together([added], MONTH, sums) == {}
    found = together([added, excluded], MONTH, sums)
    assert [(one.amount_fen, one.reason, one.other) for one in found.values()] == [
        (0, UNDECIDED, CODES[1]),
        (0, UNDECIDED, CODES[0]),
    ]


def test_what_is_left_goes_to_the_lines_in_their_order() -> None:
    less = Less(900, "stacking_excluded", "meal_subsidy", 1)
    assert [share(less, before, 600) for before in (0, 600, 1_200)] == [600, 300, 0]
