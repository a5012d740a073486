"""``make bench``: every ratio of ``docs/performance.md`` beside its baseline, in one run, at growing sizes.

``python -m tests.benchmark [--sizes 10000,100000,1000000] [--write]``; ``--write`` puts the table into the page.
"""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import uvloop

from deploy.local import kafka, postgres
from shared.clock import today
from shared.database import Database
from tests.benchmark import bench_answers, bench_engine, bench_events, bench_ingest, bench_programmes, bench_run
from tests.support.database import fresh, password, server

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
Row = tuple[str, str, str, str, str, str]
Figures = dict[str, Any]
HEAD: Row = ("what", "size", "ours", "baseline", "ratio and aim", "(f) peak memory")


async def _run_month(running: postgres.Server, n: int) -> dict[str, float]:
    async with fresh(running) as name:
        database = Database(running.url("subsidy", password("subsidy"), name), "subsidy")
        try:
            return await bench_run.run(database, n)
        finally:
            await database.close()


def _rows(running: postgres.Server, bootstrap: str, n: int) -> list[Row]:
    deliveries, events = 120_000, min(100_000, n)  # every turn of batches has several for each connection
    return [
        _ingest(n, uvloop.run(bench_ingest.batch_ingest(running, n, deliveries))),
        _single(n, uvloop.run(bench_ingest.single_ingest(running, n, 4_000))),
        _month(n, uvloop.run(_run_month(running, n))),
        _calculation(n, bench_engine.run(n)),
        _events(events, uvloop.run(bench_events.measure(running, bootstrap, events))),
        _programmes(bench_programmes.run(n)),
    ]


def _ingest(n: int, got: Figures) -> Row:
    ours, baseline = f"{got['ours_per_s']:,.0f}", f"{got['baseline_per_s']:,.0f} rows/s, bare COPY"
    return "(a) batch ingest, events/s", f"{n:,} seniors", ours, baseline, f"{got['ratio']:.2f}, aim ≥ 0.25", _peak(got)


def _single(n: int, got: Figures) -> Row:
    ours, baseline = f"{got['ours_per_s']:,.0f}", f"{got['baseline_per_s']:,.0f}, bare endpoint with two INSERTs"
    return (
        "(b) single delivery, requests/s",
        f"{n:,} seniors",
        ours,
        baseline,
        f"{got['ratio']:.2f}, aim ≥ 0.5",
        _peak(got),
    )


def _month(n: int, got: Figures) -> Row:
    ours = f"{got['ours_s']:.2f} (freezing before it {got['freeze_s']:.2f})"
    size, baseline = f"{n:,} seniors, {got['lines']:,.0f} lines", f"{got['copy_s']:.2f}, bare COPY of the lines"
    return "(c) monthly run, s", size, ours, baseline, f"{got['ratio']:.2f}, aim ≤ 2.5", _peak(got)


def _calculation(n: int, got: Figures) -> Row:
    engine, other = got["engine"], got["openfisca"]
    seconds, build = sum(other["seconds"].values()), sum(other["build"].values())
    baseline = f"{seconds:.3f} + {build:.3f} building, OpenFisca-core"
    ratio = f"{got['ratio']:.2f}, aim ≤ 1; without building {got['ratio_without_build']:.2f}"
    size, peak = f"{n:,} seniors, {got['rows']['segments']:,} stays and meal days", f"{engine['peak_mb']:.0f} MB"
    return "(d) calculation alone, s", size, f"{sum(engine['seconds'].values()):.3f}", baseline, ratio, peak


def _events(n: int, got: Figures) -> Row:
    ours = f"{got['events_per_second']:,.0f}; p50 {got['p50_ms']:.0f} ms, p99 {got['p99_ms']:.0f} ms"
    baseline = f"{got['bare_events_per_second']:,.0f}, bare aiokafka"
    peak = f"{psutil.Process().memory_info().rss / 2**20:.0f} MB"
    return "(e) commit to commit, events/s", f"{n:,} events", ours, baseline, f"{got['ratio']:.2f}, aim ≥ 0.3", peak


def _programmes(got: Figures) -> Row:
    size = f"{got['seniors']:,} seniors, {got['institutions']:,} institutions: {got['rows']:,} rows"
    baseline = f"{got['openfisca_s']:.3f} + {got['openfisca_build_s']:.3f} building, OpenFisca-core"
    ratio = f"{got['ratio']:.2f}, aim ≤ 1; without building {got['ratio_without_build']:.2f}"
    peak = f"{got['peak_mb']:.0f} MB, aim < 1,500"
    return f"(g) all {len(got['programmes'])} programmes, s", size, f"{got['engine_s']:.3f}", baseline, ratio, peak


def _answers() -> list[Row]:
    """What does not grow with the town."""
    trace, edit = bench_answers.traces(), bench_answers.edits()
    told = f"p50 {trace['p50_ms']:.1f}, p99 {trace['p99_ms']:.1f}"
    counts = f"{edit['median_s']:.2f}, longest {edit['longest_s']:.2f}"
    read = f"{edit['read_once_s']:.2f}, reading all packs once"
    return [
        ("(g) one determination, told, ms", f"{trace['seniors']:,} seniors", told, "", "", _peak(trace)),
        ("(g) a changed figure counts after, s", f"{edit['edits']:,} edits", counts, read, "", ""),
    ]


def _peak(got: Figures) -> str:
    return f"{got['peak_mb']:.0f} MB"


def _table(rows: list[Row]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---|---|---|---|---|---|", *lines[1:]])


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return f"{today()}, {os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, load before the run {load:.1f}"


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    machine, rows = _machine(), [HEAD]
    with server() as running, TemporaryDirectory(prefix="anxiang-kafka-") as folder:
        broker = kafka.start(Path(folder))
        try:
            for size in options.sizes.split(","):
                rows += (found := _rows(running, broker.bootstrap, int(size)))
                print(_table([HEAD, *found]), flush=True)
        finally:
            broker.stop()
    rows += (found := _answers())
    print(_table([HEAD, *found]), flush=True)
    if options.write:
        before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n{machine}\n\n{_table(rows)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
