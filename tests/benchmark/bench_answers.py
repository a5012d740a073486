"""One determination with its reasons and its words; and how long a changed figure takes to count.

``python -m tests.benchmark.bench_answers``. The first: the longevity allowance of 500 different seniors, each judged,
explained and told in Chinese on its own. The second: a figure edited in a copy of the packs, until the library that
a running service asks answers with it; beside it the time one reading of all packs takes.
"""

from __future__ import annotations

import json
import re
import resource
import shutil
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from services.subsidy.engine import POLICIES, Packs, explain, render
from services.subsidy.library import Library
from shared.clock import Month
from tests.benchmark.programme_facts import NEVER, facts

SENIORS = 500
EDITS = 5
MONTH, REGION, PARAMETER = Month(2026, 10), "321202", "meal_subsidy.amount"
FIRST, RAISE = 350, 10
"""The amount of a meal in the sample, and what an edit adds, in fen."""


def traces(count: int = SENIORS) -> dict[str, float]:
    """Milliseconds of one determination: judged, explained, told."""
    pack = Packs.load(POLICIES, [POLICIES / "samples" / REGION]).for_region(REGION)
    arrays = facts("longevity_allowance", count)
    rows = [dict(zip(arrays, each, strict=True)) for each in zip(*(a.tolist() for a in arrays.values()), strict=True)]
    never, taken, words = NEVER.item(), [], 0
    for row in rows:
        facts_of_one = row | {"died_on": None if row["died_on"] == never else row["died_on"]}
        begun = time.perf_counter()
        words += len(render(explain(pack, "longevity_allowance", MONTH, facts_of_one), "zh"))
        taken.append(time.perf_counter() - begun)
    cuts = statistics.quantiles(taken, n=100)
    return {
        "seniors": count,
        "words_each": words // count,
        "p50_ms": round(cuts[49] * 1000, 2),
        "p99_ms": round(cuts[98] * 1000, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def edits() -> dict[str, float]:
    """Seconds from the edit of a file to the first answer with the new figure."""
    with TemporaryDirectory(prefix="anxiang-packs-") as folder:
        root = Path(folder) / "policies"
        shutil.copytree(POLICIES, root)
        sample = root / "samples" / REGION
        begun = time.perf_counter()
        Packs.load(root, [sample])
        read_once = time.perf_counter() - begun
        library = Library(root, [sample])
        try:
            taken = [_edit(library, sample, before) for before in range(EDITS)]
        finally:
            library.close()
    return {
        "edits": EDITS,
        "median_s": round(statistics.median(taken), 3),
        "longest_s": round(max(taken), 3),
        "read_once_s": round(read_once, 3),
    }


def _edit(library: Library, sample: Path, step: int) -> float:
    """The amount of a meal raised by ten fen, with the sentence it comes from; until it is what the library says."""
    before, after = FIRST + RAISE * step, FIRST + RAISE * (step + 1)
    if _amount(library) != before:
        raise AssertionError(f"{_amount(library)} is not {before}")
    for name in ("notice.txt", "override.yaml"):
        path = sample / name
        words = path.read_text(encoding="utf-8").replace(f"每餐{before / 100:.2f}元", f"每餐{after / 100:.2f}元")
        figure = rf"(parameter: {re.escape(PARAMETER)}\n *since: \S+\n *value:) \S+"
        path.write_text(re.sub(figure, rf"\g<1> {after / 100:.2f}", words), encoding="utf-8")
    begun = time.perf_counter()
    while _amount(library) != after:
        if library.edition.refusals:
            raise AssertionError([refusal.sentence() for refusal in library.edition.refusals])
        time.sleep(0.005)
    return time.perf_counter() - begun


def _amount(library: Library) -> int:
    found = library.packs().for_region(REGION).resolve(PARAMETER, MONTH.first)
    return found.number if found else 0


def main(arguments: list[str]) -> None:
    """Measure and print."""
    print(json.dumps({"trace": traces(int(arguments[0]) if arguments else SENIORS), "edit": edits()}, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
