"""A recovery's balance is the sum of its entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.subsidy.recoveries.domain import Entry, EntryKind, OverdrawnError, balance, closing

KINDS = st.sampled_from([EntryKind.OFFSET, EntryKind.REPAID, EntryKind.WAIVED])


def test_a_recovery_that_was_opened_and_repaid_owes_nothing() -> None:
    assert balance([Entry(EntryKind.OPENED, 5000), closing(EntryKind.REPAID, 5000, 5000)]) == 0


def test_more_than_is_owed_cannot_come_back() -> None:
    with pytest.raises(OverdrawnError):
        closing(EntryKind.REPAID, 5001, 5000)


@pytest.mark.parametrize(("kind", "amount"), [(EntryKind.OPENED, 100), (EntryKind.REPAID, 0), (EntryKind.WAIVED, -1)])
def test_only_positive_repayments_offsets_and_waivers_close(kind: EntryKind, amount: int) -> None:
    with pytest.raises(ValueError, match="only a positive"):
        closing(kind, amount, 5000)


@given(st.integers(1, 10**9), st.lists(st.tuples(KINDS, st.integers(1, 10**8)), max_size=30))
def test_the_balance_never_falls_below_zero(opened: int, wanted: list[tuple[EntryKind, int]]) -> None:
    ledger = [Entry(EntryKind.OPENED, opened)]
    for kind, amount in wanted:
        try:
            ledger.append(closing(kind, amount, balance(ledger)))
        except OverdrawnError:
            continue
    assert 0 <= balance(ledger) <= opened
