"""Two versions beside each other: ``python -m tests.benchmark.pairs <revision>``; ``--help`` lists the rest.

Rows (a), (b), (c) and (e), or those named, are measured in the tree of a revision and in this one, in turn, so that a
machine whose speed drifts treats both alike. Printed are the medians of each side's ratio to its own baseline, and the
median over the pairs of how much better (+) or worse (-) this tree is, in per cent.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

HERE = Path(__file__).parents[2]
ROWS = {"a": "batch ingest", "b": "single delivery", "c": "monthly run", "e": "commit to commit"}
SMALLER_IS_BETTER = {"c"}


def measure_here(size: int, rows: str) -> dict[str, float]:
    """Each row's ratio to its baseline, with the code that this process imports; meant for a process of its own."""
    import uvloop  # noqa: PLC0415  # the parent process measures nothing

    from deploy.local import kafka  # noqa: PLC0415
    from tests.benchmark import bench_events, bench_ingest  # noqa: PLC0415
    from tests.benchmark.__main__ import _run_month  # noqa: PLC0415
    from tests.support.database import server  # noqa: PLC0415

    with server() as running, TemporaryDirectory(prefix="anxiang-kafka-") as folder:
        broker = kafka.start(Path(folder))
        try:
            measures = {
                "a": lambda: bench_ingest.batch_ingest(running, size, 120_000),
                "b": lambda: bench_ingest.single_ingest(running, size, 4_000),
                "c": lambda: _run_month(running, size),
                "e": lambda: bench_events.measure(running, broker.bootstrap, min(100_000, size)),
            }
            found = {row: uvloop.run(measures[row]()) for row in rows}
        finally:
            broker.stop()
    return {name: figures["ratio"] for name, figures in found.items()}


def _measured(tree: Path, size: int, rows: str) -> dict[str, float]:
    """The rows of a tree, in a process that imports from there."""
    command = [sys.executable, str(Path(__file__)), "--here", "--size", str(size), "--rows", rows]
    environment = os.environ | {"PYTHONPATH": str(tree)}
    done = subprocess.run(command, cwd=tree, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _print(pairs: list[tuple[dict[str, float], dict[str, float]]]) -> None:
    for row in pairs[0][0]:
        old, new = [before[row] for before, _ in pairs], [after[row] for _, after in pairs]
        sign = -1 if row in SMALLER_IS_BETTER else 1
        change = median(sign * 100 * (n / o - 1) for o, n in zip(old, new, strict=True))
        print(f"({row}) {ROWS[row]}: before {median(old):.3f}, after {median(new):.3f}, {change:+.1f} %", flush=True)


def main() -> None:
    """Measure turn by turn, print after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", nargs="?")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--rows", default="".join(ROWS), help="the letters of those to measure")
    parser.add_argument("--here", action="store_true", help="only this tree, once, as JSON")
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure_here(options.size, options.rows)))
        return
    pairs = []
    with TemporaryDirectory(prefix="anxiang-before-") as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "--detach", str(tree), options.revision], cwd=HERE, check=True)
        try:
            (tree / ".cache").symlink_to(HERE / ".cache")
            for turn in range(options.turns):
                sides = (tree, HERE) if turn % 2 == 0 else (HERE, tree)
                found = {side: _measured(side, options.size, options.rows) for side in sides}
                pairs.append((found[tree], found[HERE]))
                print(found[tree], found[HERE], flush=True)
                print(f"after {turn + 1} pairs:", flush=True)
                _print(pairs)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=HERE, check=True)


if __name__ == "__main__":
    main()
