"""What packs decided stays decided: every kept snapshot restores to the letter, and its lines are proved and told."""

from __future__ import annotations

import json
import lzma
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from services.subsidy.engine import Pack, explain, prove, render
from shared.clock import Month
from tests.policies.keep import KEPT, rows_of

FILES = sorted(KEPT.glob("*.json.xz"))
EVERY = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


@cache
def kept(path: Path) -> dict[str, Any]:
    """What a file says."""
    with lzma.open(path) as file:
        said: dict[str, Any] = json.load(file)
    return said


@EVERY
def test_a_kept_pack_is_restored_to_the_letter(path: Path) -> None:
    pack = Pack.restore(kept(path)["snapshot"])
    assert (pack.hash, pack.snapshot()) == (kept(path)["hash"], kept(path)["snapshot"])


@EVERY
def test_every_kept_line_is_proved_and_told_as_it_was_decided(path: Path) -> None:
    pack = Pack.restore(kept(path)["snapshot"])
    for line in kept(path)["lines"]:
        month, rows = Month.parse(line["month"]), rows_of(line)
        trace = explain(pack, line["programme"], month, rows, simulate=line["simulate"])
        answer = {name: trace[name] for name in ("amount_fen", "outcome", "reason")}
        assert answer == {name: line[name] for name in answer}
        assert render(trace, "zh")
        assert render(trace, "en")
        if not line["simulate"]:
            assert prove(pack, line["programme"], month, rows, line["amount_fen"]).holds


def test_lines_that_pay_are_kept_of_every_programme() -> None:
    paid: Counter[str] = Counter()
    for path in FILES:
        region = path.name.removesuffix(".json.xz").rpartition("-")[2]
        paid.update({f"{region[:4]} {line['programme']}" for line in kept(path)["lines"] if line["amount_fen"]})
        every = {f"{region[:4]} {code}" for code in Pack.restore(kept(path)["snapshot"]).programmes}
        paid.update(dict.fromkeys(every, 0))
    assert [code for code, number in paid.items() if not number] == []
