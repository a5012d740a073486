"""``make bench``: every ratio of ``docs/performance.md`` beside its baseline, in one run, at growing sizes.

``python -m tests.benchmark [--sizes 10000,100000,1000000] [--write]``; ``--write`` puts the table into the page.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import platform
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import uvloop

from deploy.local import kafka, postgres
from shared.clock import today
from shared.database import Database
from tests.benchmark import bench_engine, bench_events, bench_ingest, bench_run
from tests.support.database import fresh, password, server

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
Row = tuple[str, str, str, str, str]
HEAD: Row = ("what", "size", "ours", "baseline", "ratio and aim")


async def _run_month(running: postgres.Server, n: int) -> dict[str, float]:
    async with fresh(running) as name:
        database = Database(running.url("subsidy", password("subsidy"), name), "subsidy")
        try:
            return await bench_run.run(database, n)
        finally:
            await database.close()


def _in_own_process(measure: Callable[..., Any], *arguments: Any) -> Any:
    """Measure in a fresh process, so that its peak memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, arguments)


def _month(running: postgres.Server, n: int) -> dict[str, float]:
    return uvloop.run(_run_month(running, n))


def _rows(running: postgres.Server, bootstrap: str, n: int) -> list[Row]:
    size = f"{n:,} seniors"
    batch = uvloop.run(bench_ingest.batch_ingest(running, n, min(100_000, max(20_000, n // 10))))
    single = uvloop.run(bench_ingest.single_ingest(running, n, 4_000))
    month = uvloop.run(_run_month(running, n))
    engine = bench_engine.run(n)
    calc, base = engine["engine"], engine["openfisca"]
    events = uvloop.run(bench_events._main(running, bootstrap, min(100_000, n)))  # noqa: SLF001  # its own runner
    return [
        ("(a) batch ingest, events/s", size, f"{batch['ours_per_s']:,.0f}", f"{batch['baseline_per_s']:,.0f} rows/s, bare COPY", f"{batch['ratio']:.2f}, aim ≥ 0.25; peak {batch['peak_mb']:.0f} MB"),
        ("(b) single delivery, requests/s", size, f"{single['ours_per_s']:,.0f}", f"{single['baseline_per_s']:,.0f}, bare endpoint with two INSERTs", f"{single['ratio']:.2f}, aim ≥ 0.5; peak {single['peak_mb']:.0f} MB"),
        ("(c) monthly run, s", f"{size}, {month['lines']:,.0f} lines", f"{month['ours_s']:.2f} (freezing before it {month['freeze_s']:.2f})", f"{month['copy_s']:.2f}, bare COPY of the lines", f"{month['ratio']:.2f}, aim ≤ 2.5; peak {month['peak_mb']:.0f} MB"),
        ("(d) calculation alone, s", f"{engine['rows']}", f"{sum(calc['seconds'].values()):.3f}", f"{sum(base['seconds'].values()):.3f} + {sum(base['build'].values()):.3f} building, OpenFisca-core", f"{engine['ratio']:.2f}, aim ≤ 1; without building {engine['ratio_without_build']:.2f}; peak {calc['peak_mb']:.0f} against {base['peak_mb']:.0f} MB"),
        ("(e) commit to consumer's commit through Kafka, events/s", f"{min(100_000, n):,} events", f"{events['events_per_second']:,.0f}", f"{events['bare_events_per_second']:,.0f}, bare aiokafka", f"{events['ratio']:.2f}, aim ≥ 0.3; p50 {events['p50_ms']:.1f} ms, p99 {events['p99_ms']:.1f} ms"),
    ]  # fmt: skip


def _table(rows: list[Row]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---|---|---|---|---|", *lines[1:]])


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
                rows += _rows(running, broker.bootstrap, int(size))
                print(_table([HEAD, *rows[-5:]]), flush=True)
        finally:
            broker.stop()
    if options.write:
        before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n{machine}\n\n{_table(rows)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
