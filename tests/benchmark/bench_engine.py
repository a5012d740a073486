"""The calculation alone: the engine beside OpenFisca-core, same programmes, same arrays, same run.

``python -m tests.benchmark.bench_engine [seniors]``. For every senior 0.4 segments of a stay and 0.4 days with meals.
Each side runs in a process of its own, so that its peak memory is its own; seconds are the best of five rounds.
Both go from arrays to amounts: ``ratio`` counts ``build``, OpenFisca's turning arrays into a population (the engine
groups rows while it calculates), and ``ratio_without_build`` leaves it out, the strictest way to look at it. The
baseline reads its tables by position, not by OpenFisca's slower indexing, and does less: no reasons, no steps, no look
for days counted twice, no cap by the order of meals.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

MONTH = "2026-10"
ROUNDS = 5
LEVELS = ["self_care", "partly_disabled", "disabled"]
MODES = ["private", "public_built_private_run", "public"]
PROGRAMMES = {"longevity_allowance": "longevity", "operating_subsidy": "operating", "meal_subsidy": "meals"}
Array = NDArray[Any]


def run(n: int) -> dict[str, Any]:
    """Seconds, peak memory in MB and totals of both sides for ``n`` seniors; ratios are engine over baseline."""
    engine, baseline = _child("engine", n), _child("openfisca", n)
    if engine["totals"] != baseline["totals"]:
        raise AssertionError(f"the two do not agree: {engine['totals']} and {baseline['totals']}")
    ours, theirs = sum(engine["seconds"].values()), sum(baseline["seconds"].values())
    return {
        "rows": {"seniors": n, "segments": _lines(n), "meal_days": _lines(n)},
        "engine": engine,
        "openfisca": baseline,
        "ratios_without_build": {
            name: round(engine["seconds"][name] / baseline["seconds"][name], 3) for name in PROGRAMMES
        },
        "ratio": round(ours / (theirs + sum(baseline["build"].values())), 3),
        "ratio_without_build": round(ours / theirs, 3),
    }


def arrays(n: int) -> dict[str, dict[str, Array]]:
    """The same facts for both, made from one seed."""
    random, lines = np.random.default_rng(20261001), _lines(n)
    born = np.datetime64("1916-01-01") + random.integers(0, 50 * 365, n)
    died = np.where(random.random(n) < 0.01, np.datetime64("2026-10-03"), np.datetime64("9999-01-01"))
    half = np.arange(lines) % 2
    day = np.arange(lines)
    return {
        "longevity_allowance": {
            "birth_date": born,
            "died_on": died,
            "registered_on": np.full(n, np.datetime64("2020-01-01")),
            "household_here": random.random(n) < 0.97,
        },
        "operating_subsidy": {
            "subject_id": np.arange(lines) // 2,
            "care_level": random.integers(0, len(LEVELS), lines),
            "grade": random.integers(1, 6, lines),
            "mode": random.integers(0, len(MODES), lines),
            "listed": random.random(lines) < 0.02,
            "from_day": np.where(half, 16, 1),
            "to_day": np.where(half, 31, 15),
        },
        "meal_subsidy": {
            "subject_id": day // 20,
            "service_date": np.datetime64("2026-10-01") + day % 20,
            "units": random.integers(0, 4, lines),
            "listed": random.random(lines) < 0.02,
        },
    }


def engine_side(n: int) -> dict[str, Any]:
    """This project's engine, from a data frame to a data frame with amounts, reasons and steps."""
    import polars as pl  # noqa: PLC0415  # each side pays for its own library only

    from services.subsidy.engine import POLICIES, Packs, calculate  # noqa: PLC0415  # as above
    from shared.clock import Month  # noqa: PLC0415  # as above

    pack, month = Packs.load(POLICIES, [POLICIES / "samples" / "321202"]).for_region("321202"), Month.parse(MONTH)
    facts = {name: pl.DataFrame(columns) for name, columns in arrays(n).items()}
    never = pl.lit(np.datetime64("9999-01-01")).cast(pl.Date)
    facts["longevity_allowance"] = facts["longevity_allowance"].with_columns(
        subject_id=pl.int_range(n), resident_here=True, died_on=pl.col("died_on").replace(never, None)
    )
    facts["operating_subsidy"] = facts["operating_subsidy"].with_columns(
        care_level=pl.col("care_level").replace_strict(dict(enumerate(LEVELS))),
        mode=pl.col("mode").replace_strict(dict(enumerate(MODES))),
    )
    facts["meal_subsidy"] = facts["meal_subsidy"].with_columns(row_key=pl.lit("v"))

    def prepare(programme: str) -> Callable[[], int]:
        return lambda: int(calculate(pack, programme, month, facts[programme])["amount_fen"].sum())

    return _timed(prepare)


def openfisca_side(n: int) -> dict[str, Any]:
    """OpenFisca-core, from arrays to an array of amounts."""
    from openfisca_core.indexed_enums import EnumArray  # noqa: PLC0415  # as above

    from tests.benchmark import openfisca_rules as rules  # noqa: PLC0415  # as above

    tbs, facts = rules.system(), arrays(n)
    owners = facts["meal_subsidy"].pop("subject_id")
    facts["meal_subsidy"].pop("service_date")
    segments = facts["operating_subsidy"]
    segments.pop("subject_id")
    segments["care_level"] = EnumArray(segments["care_level"].astype(np.uint8), rules.CareLevel)
    segments["mode"] = EnumArray(segments["mode"].astype(np.uint8), rules.Mode)
    of = {"meal_subsidy": owners}

    def prepare(programme: str) -> Callable[[], int]:
        inputs, variable = facts[programme], PROGRAMMES[programme]
        prepared = rules.simulation(tbs, len(next(iter(inputs.values()))), of.get(programme))
        return lambda: int(rules.calculate(prepared, variable, inputs).sum(dtype=np.int64))

    return _timed(prepare)


def _timed(prepare: Callable[[str], Callable[[], int]]) -> dict[str, Any]:
    """``prepare`` builds what a calculation needs; what it returns calculates. The two are timed apart."""
    before, totals = _peak(), {name: prepare(name)() for name in PROGRAMMES}
    rounds = {name: [_seconds(prepare, name) for _ in range(ROUNDS)] for name in PROGRAMMES}
    build, seconds = ({name: min(each[part] for each in rounds[name]) for name in PROGRAMMES} for part in (0, 1))
    return {"seconds": seconds, "build": build, "totals": totals, "peak_mb": _peak(), "peak_mb_before": before}


def _seconds(prepare: Callable[[str], Callable[[], int]], name: str) -> tuple[float, float]:
    start = time.perf_counter()
    once = prepare(name)
    built = time.perf_counter()
    once()
    return round(built - start, 5), round(time.perf_counter() - built, 5)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _lines(n: int) -> int:
    return n * 2 // 5


def _child(side: str, n: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmark.bench_engine", "--side", side, str(n)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # type: ignore[no-any-return]  # JSON


def main(arguments: list[str]) -> None:
    """One side as a child, or the comparison."""
    if arguments[:1] == ["--side"]:
        side = engine_side if arguments[1] == "engine" else openfisca_side
        print(json.dumps(side(int(arguments[2]))))
    else:
        print(json.dumps(run(int(arguments[0]) if arguments else 1_000_000), indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
