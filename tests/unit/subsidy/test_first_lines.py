"""What the first run of a month makes of what is due here and of what another run decided before."""

from __future__ import annotations

import pytest

from services.subsidy.runs.lines import KEY, Part, regular
from shared.clock import Month
from tests.unit.subsidy.test_adjustments import Now, frames, law


@pytest.mark.parametrize(
    ("now", "before", "fen", "outcome", "reason"),
    [
        ((6000, "paid", None), None, 6000, "paid", None),
        ((6000, "paid", None), 0, 6000, "paid", None),
        ((6000, "paid", None), 4000, 2000, "paid", "decided_in_another_run"),
        ((6000, "paid", None), 6000, 0, "not_eligible", "decided_in_another_run"),
        ((6000, "paid", None), 9000, 0, "not_eligible", "decided_in_another_run"),
        ((0, "not_configured", "no_value"), 6000, 0, "not_configured", "no_value"),
        ((0, "held", "on_hold"), 6000, 0, "held", "on_hold"),
    ],
)
def test_of_what_is_due_here_comes_what_is_left(
    now: Now, before: int | None, fen: int, outcome: str, reason: str | None
) -> None:
    """To whom nothing is due here hears the reason that holds here, whichever run came first."""
    entitled, decided = frames(now, before)
    part = Part("run", 0, "longevity_allowance", Month(2026, 10), law())
    (line,) = regular(part, entitled, decided.select(*KEY, "decided_fen", "sequence")).to_dicts()
    assert (line["amount_fen"], line["outcome"], line["reason"]) == (fen, outcome, reason)
    assert (line["kind"], line["sequence"]) == ("regular", 0 if before is None else 1)
