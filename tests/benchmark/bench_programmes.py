"""All programmes of the sample district for one town: the engine beside OpenFisca-core, same arrays, same run.

``python -m tests.benchmark.bench_programmes [seniors]``. Who is looked at for what stands in ``programme_facts``. Each
side runs in a process of its own, so that its peak memory is its own; a programme's arrays are made, calculated five
times and let go; seconds are the best of five. Totals must be identical before anything counts. As in ``bench_engine``,
``ratio`` counts ``build``, OpenFisca's turning arrays into a population, once for all programmes that look at the same
people, and ``ratio_without_build`` leaves it out.
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

from tests.benchmark.programme_facts import CODES, NEVER, PER_INSTITUTION, PROGRAMMES, Facts, facts, rows

MONTH = "2026-10"
ROUNDS = 5
Prepare = Callable[[], Callable[[], int]]
"""Builds what a calculation needs; what it returns calculates."""


def run(n: int) -> dict[str, Any]:
    """Seconds of every programme on both sides, totals compared, ratios, peak memory in MB."""
    engine, baseline = _child("engine", n), _child("openfisca", n)
    different = [name for name in PROGRAMMES if engine["totals"][name] != baseline["totals"][name]]
    if different:
        raise AssertionError(f"the two do not agree on {different}: {engine['totals']} and {baseline['totals']}")
    ours, theirs = sum(engine["seconds"].values()), sum(baseline["seconds"].values())
    build = sum({rows(name, n): baseline["build"][name] for name in PROGRAMMES}.values())
    return {
        "seniors": n,
        "institutions": max(n // PER_INSTITUTION, 1),
        "rows": sum(engine["rows"].values()),
        "engine_s": round(ours, 4),
        "openfisca_s": round(theirs, 4),
        "openfisca_build_s": round(build, 4),
        "ratio": round(ours / (theirs + build), 3),
        "ratio_without_build": round(ours / theirs, 3),
        "peak_mb": engine["peak_mb"],
        "peak_mb_before": engine["peak_mb_before"],
        "openfisca_peak_mb": baseline["peak_mb"],
        "programmes": {name: _one(name, engine, baseline) for name in PROGRAMMES},
    }


def _one(name: str, engine: dict[str, Any], baseline: dict[str, Any]) -> dict[str, Any]:
    ours, theirs, build = engine["seconds"][name], baseline["seconds"][name], baseline["build"][name]
    return {
        "rows": engine["rows"][name],
        "total_fen": engine["totals"][name],
        "engine_s": ours,
        "openfisca_s": theirs,
        "openfisca_build_s": build,
        "ratio": round(ours / (theirs + build), 2),
        "ratio_without_build": round(ours / theirs, 2),
    }


def engine_side(n: int) -> dict[str, Any]:
    """This project's engine, from a data frame to a data frame with amounts, reasons and steps."""
    import polars as pl  # noqa: PLC0415  # each side pays for its own library only

    from services.subsidy.engine import POLICIES, Packs, calculate  # noqa: PLC0415  # as above
    from shared.clock import Month  # noqa: PLC0415  # as above

    pack, month = Packs.load(POLICIES, [POLICIES / "samples" / "321202"]).for_region("321202"), Month.parse(MONTH)
    if set(pack.programmes) != set(PROGRAMMES):
        raise AssertionError(f"not measured: {set(pack.programmes) ^ set(PROGRAMMES)}")

    def column(name: str, array: Any) -> pl.Series:
        if name in CODES:
            return pl.Series(name, CODES[name], dtype=pl.String).gather(array)
        return pl.Series(name, array)

    def prepare(name: str, given: Facts) -> Prepare:
        frame = pl.DataFrame([column(each, array) for each, array in given.items()])
        if "died_on" in frame.columns:
            frame = frame.with_columns(pl.col("died_on").replace(pl.lit(NEVER).cast(pl.Date), None))
        if name == "construction_subsidy":  # kept on record, and read by no rule
            frame = frame.with_columns(profit=pl.lit("yes"), founder=pl.lit("company"))
        if "service_date" in frame.columns:
            frame = frame.with_columns(row_key=pl.lit("v"))
        return lambda: lambda: int(calculate(pack, name, month, frame)["amount_fen"].sum())

    return _timed(n, prepare)


def openfisca_side(n: int) -> dict[str, Any]:
    """OpenFisca-core, from arrays to an array of amounts."""
    from tests.benchmark import openfisca_programmes as rules  # noqa: PLC0415  # as above
    from tests.benchmark.openfisca_rules import calculate, simulation  # noqa: PLC0415  # as above

    tbs = rules.system()

    def prepare(name: str, given: Facts) -> Prepare:
        inputs, count = rules.inputs(given), len(given["subject_id"])
        owners = given["subject_id"] if name in rules.OF_SENIORS else None

        def build() -> Callable[[], int]:
            prepared = simulation(tbs, count, owners)
            return lambda: int(calculate(prepared, rules.OLD.get(name, name), inputs).sum(dtype=np.int64))

        return build

    return _timed(n, prepare)


def _timed(n: int, prepare: Callable[[str, Facts], Prepare]) -> dict[str, Any]:
    """One programme after the other; building and calculating are timed apart, the first round only warms."""
    found: dict[str, Any] = {name: {} for name in ("seconds", "build", "totals", "rows")}
    found["peak_mb_before"] = _peak()
    for name in PROGRAMMES:
        build = prepare(name, facts(name, n))
        found["totals"][name] = build()()
        timed = [_seconds(build) for _ in range(ROUNDS)]
        found["build"][name], found["seconds"][name] = (min(each[part] for each in timed) for part in (0, 1))
        found["rows"][name] = int(np.prod(rows(name, n)))
    return found | {"peak_mb": _peak()}


def _seconds(build: Prepare) -> tuple[float, float]:
    start = time.perf_counter()
    once = build()
    built = time.perf_counter()
    once()
    return round(built - start, 6), round(time.perf_counter() - built, 6)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _child(side: str, n: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmark.bench_programmes", "--side", side, str(n)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)  # type: ignore[no-any-return]  # JSON


def main(arguments: list[str]) -> None:
    """One side as a child, or the comparison."""
    if arguments[:1] == ["--side"]:
        side = engine_side if arguments[1] == "engine" else openfisca_side
        print(json.dumps(side(int(arguments[2]))))
    else:
        print(json.dumps(run(int(arguments[0]) if arguments else 1_000_000), indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
