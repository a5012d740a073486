"""``python -m shared.events dlq list|show|replay|skip --service visits``: what failed for good, and what to do with it.
``replay`` tells events once more, ``kafka`` sets topics and rights; see those modules.

Works on the database of ``ANXIANG_DATABASE_URL`` (the service's own login). ``replay`` asks the running service to
handle the event again; it says first what the service will read.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import json
import sys
from collections.abc import Sequence
from uuid import UUID

from rich.console import Console
from rich.table import Table

from shared.database import Database, Scope
from shared.events import clusters, deadletters, replaying
from shared.events.consumer import UnreadableError, read
from shared.events.deadletters import DeadLetter
from shared.settings import needed

_WAIT = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked."""
    chosen = _parser().parse_args(arguments)
    done: int = asyncio.run(chosen.run(chosen))
    return done


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shared.events", description=__doc__)
    areas = parser.add_subparsers(dest="area", required=True)
    replaying.add_parser(areas)
    clusters.add_parser(areas)
    commands = areas.add_parser("dlq", help="dead letters 死信")
    commands.set_defaults(run=_run)
    actions = commands.add_subparsers(dest="action", required=True)
    every = argparse.ArgumentParser(add_help=False)
    every.add_argument("--service", required=True, help="registry, subsidy, visits or credit")
    listing = actions.add_parser("list", parents=[every], help="what failed, oldest first")
    listing.add_argument("--status", default="open", choices=["open", "requested", "replayed", "skipped", "all"])
    listing.add_argument("--limit", type=int, default=100)
    one = argparse.ArgumentParser(add_help=False, parents=[every])
    one.add_argument("letter", help="id of the dead letter, or 'all' for every open one")
    actions.add_parser("show", parents=[one], help="the event, its error, and what a replay would read")
    replay = actions.add_parser("replay", parents=[one], help="preview; with --yes, have it handled again")
    replay.add_argument("--yes", action="store_true", help="do it")
    replay.add_argument("--wait", type=float, default=15.0, help="seconds to wait for the service's answer")
    skip = actions.add_parser("skip", parents=[one], help="give an event up, with a reason")
    skip.add_argument("--reason", required=True)
    return parser


async def _run(chosen: argparse.Namespace) -> int:
    database = Database(needed("ANXIANG_DATABASE_URL"), chosen.service, pool_size=2)
    try:
        if chosen.action == "list":
            return await _list(database, chosen)
        letters = await _letters(database, chosen.letter)
        if not letters:
            print(f"No dead letter {chosen.letter} in {chosen.service}.", file=sys.stderr)
            return 1
        action = {"show": _show, "replay": _replay, "skip": _skip}[chosen.action]
        return await action(database, letters, chosen)
    finally:
        await database.close()


async def _letters(database: Database, wanted: str) -> list[DeadLetter]:
    async with database.transaction(Scope.everywhere()) as session:
        if wanted == "all":
            return await deadletters.find(session, "open", limit=10_000)
        found = await deadletters.get(session, UUID(wanted))
        return [found] if found else []


async def _list(database: Database, chosen: argparse.Namespace) -> int:
    async with database.transaction(Scope.everywhere()) as session:
        status = None if chosen.status == "all" else chosen.status
        letters = await deadletters.find(session, status, chosen.limit)
    table = Table("id", "failed at", "type", "key", "attempts", "status", "error")
    for letter in letters:
        failed_at = f"{letter.failed_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(
            str(letter.id), failed_at, letter.type, letter.key, str(letter.attempts), letter.status, letter.error
        )
    Console(width=None if sys.stdout.isatty() else 240).print(table)
    return 0


async def _show(_database: Database, letters: Sequence[DeadLetter], _chosen: argparse.Namespace) -> int:
    for letter in letters:
        print(preview(letter))
    return 0


def preview(letter: DeadLetter) -> str:
    """The letter, and what a replay would hand to the handler, as a difference to what came."""
    head = [
        f"dead letter {letter.id} ({letter.status}), failed {letter.failed_at.isoformat()}, attempts {letter.attempts}",
        f"event {letter.event_id} {letter.type}",
        f"topic {letter.topic} key {letter.key} time {letter.time.isoformat()}",
        f"error {letter.error}" + (f"\nnote {letter.note}" if letter.note else ""),
    ]
    came = _pretty(letter.data)
    try:
        reads = _pretty(read(letter.message()).data.model_dump_json().encode())
    except UnreadableError as error:
        return "\n".join([*head, came, f"A replay would fail again: {error}."])
    if came == reads:
        return "\n".join([*head, came, "A replay hands exactly this to the handler."])
    lines = difflib.unified_diff(
        came.splitlines(), reads.splitlines(), "as it came", "as a replay reads it", lineterm=""
    )
    return "\n".join([*head, *lines])


def _pretty(data: bytes) -> str:
    try:
        return json.dumps(json.loads(data), indent=1, sort_keys=True, ensure_ascii=False)
    except ValueError:
        return repr(data)


async def _replay(database: Database, letters: Sequence[DeadLetter], chosen: argparse.Namespace) -> int:
    for letter in letters:
        print(preview(letter))
    if not chosen.yes:
        print(f"Nothing done. Add --yes to have {len(letters)} event(s) handled again.")
        return 0
    async with database.transaction(Scope.everywhere()) as session:
        for letter in letters:
            await deadletters.resolve(session, letter.id, "requested")
    return await _answers(database, letters, chosen.wait)


async def _answers(database: Database, letters: Sequence[DeadLetter], seconds: float) -> int:
    """Wait for the running service; 0 only when every letter was replayed."""
    waiting, failed = {letter.id for letter in letters}, 0
    for _ in range(max(1, round(seconds / _WAIT))):
        async with database.transaction(Scope.everywhere()) as session:
            now = [await deadletters.get(session, letter_id) for letter_id in waiting]
        for letter in now:
            if letter and letter.status != "requested":
                waiting.discard(letter.id)
                failed += letter.status != "replayed"
                print(f"{letter.id}: {letter.status}" + (f", {letter.error}" if letter.status == "open" else ""))
        if not waiting:
            break
        await asyncio.sleep(_WAIT)
    for letter_id in waiting:
        print(f"{letter_id}: requested; the service does it when it runs")
    return 1 if waiting or failed else 0


async def _skip(database: Database, letters: Sequence[DeadLetter], chosen: argparse.Namespace) -> int:
    async with database.transaction(Scope.everywhere()) as session:
        done = [await deadletters.resolve(session, letter.id, "skipped", chosen.reason) for letter in letters]
    print(f"{sum(done)} of {len(letters)} skipped.")
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
