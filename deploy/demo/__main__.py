"""``make demo``: tell the story against the running system, with progress and a summary."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.demo import money, story
from deploy.demo.district import load
from deploy.demo.seed import seed_if_empty
from deploy.demo.story import Story
from deploy.ports import PORT, port

console = Console()


def pay(told: Story) -> None:
    """The story's month: run, approval, bank."""
    run = money.run_month(told, told.district.month)
    told.facts["run"] = run["id"]
    money.approve_and_pay(told, run)


STEPS: tuple[tuple[str, Callable[[Story], object]], ...] = (
    ("登记老年人 seniors, an import, an assessment", story.register_seniors),
    ("送餐 a month of deliveries by three vendors", story.post_deliveries),
    ("失信惩戒 an institution is listed", story.list_institution),
    ("月度补贴 the month's run, approval, bank", pay),
    ("迟报死亡 a death reported late", story.death_reported_late),
    ("追缴 the next run and its recovery", money.recovery),
    ("审计 an auditor asks why", money.audit),
)


def tell(base_url: str, imported: int) -> Story:
    """The whole story; raises where it does not go as it should."""
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console) as bars:
        begin = bars.add_task("演示区县 the district before the story", total=1, note="")
        seed_if_empty(base_url)
        bars.update(begin, completed=1)
        told = Story(base_url, load(), imported, lambda _share, _note: None)
        for title, step in STEPS:
            bar = bars.add_task(title, total=1, note="")
            told.progress = lambda share, note, bar=bar: bars.update(bar, completed=share, note=note)  # type: ignore[misc]  # bound per step
            step(told)
            bars.update(bar, completed=1)
    return told


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=port, default=os.environ.get(PORT, "8080"))
    parser.add_argument("--url", default="", help="where the system is, if not on this machine's port")
    parser.add_argument("--imported", type=int, default=100_000, help="seniors in the imported file")
    options = parser.parse_args()
    url = options.url or f"http://127.0.0.1:{options.port}"
    try:
        httpx.get(f"{url}/readyz", trust_env=False).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL):
        sys.exit(f"Nothing answers at {url}: start `make up` or `make stack` in another terminal first.")
    began = time.monotonic()
    told = tell(url, options.imported)
    table = Table("", "", show_header=False, title=f"安享 Anxiang: {time.monotonic() - began:.0f} s")
    for what, figure in told.summary:
        table.add_row(what, figure)
    console.print(table)


if __name__ == "__main__":
    main()
