"""Keep what packs of today say, to prove for ever what they decided: ``python -m tests.policies.keep NAME``.

One file per place under ``kept/``: a snapshot with everything decided that its worked cases decide, and lines on it.
A file that was written once is never written again.
"""

from __future__ import annotations

import json
import lzma
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from services.subsidy.engine import Pack, explain
from services.subsidy.policies.cases import Worked
from shared.clock import Month
from tests.policies.every_case import CASES

KEPT = Path(__file__).parent / "kept"
DAYS = "$day"
"""How a date among the facts is written, so that it comes back as one."""
ALIKE = 3
"""Of lines that came out alike, so many are looked at."""


def rows_of(line: dict[str, Any]) -> list[dict[str, Any]]:
    """The facts of a kept line."""
    return [
        {name: date.fromisoformat(fact[DAYS]) if isinstance(fact, dict) else fact for name, fact in row.items()}
        for row in line["rows"]
    ]


def law_of(worked: list[Worked]) -> Pack:
    """One law for all cases of a place: what their files decide, and since when their documents count."""
    pack = worked[0].pack
    for given in {each.file: each.given for each in worked}.values():
        for document, on in given.effective.items():
            pack = pack.taking_effect(document, on)
        pack = pack.changed(given.set)
    return pack


def _lines(pack: Pack, worked: list[Worked]) -> Iterator[dict[str, Any]]:
    seen: Counter[tuple[Any, ...]] = Counter()
    for each in worked:
        case = each.case
        seen[mark := (each.given.programme, case.outcome, case.reason)] += 1
        if case.set or case.effective or case.expires or seen[mark] > ALIKE:
            continue
        month, simulate = case.month or each.given.month, each.given.simulates(case)
        trace = explain(pack, each.given.programme, Month.parse(month), each.rows, simulate=simulate)
        rows = [{n: {DAYS: f.isoformat()} if isinstance(f, date) else f for n, f in row.items()} for row in each.rows]
        answer = {name: trace[name] for name in ("amount_fen", "outcome", "reason")}
        yield {"programme": each.given.programme, "month": month, "rows": rows, "simulate": simulate, **answer}


def main(name: str) -> None:
    """Write a file for every place that has worked cases."""
    for region in sorted({each.pack.region for each in CASES}):
        worked = [each for each in CASES if each.pack.region == region]
        pack = law_of(worked)
        kept = {"snapshot": pack.snapshot(), "hash": pack.hash, "lines": list(_lines(pack, worked))}
        with lzma.open(KEPT / f"{name}-{region}.json.xz", "xb") as file:
            file.write(json.dumps(kept, ensure_ascii=False).encode())


if __name__ == "__main__":
    main(sys.argv[1])
