"""``python -m shared.events replay``: have a service's events told once more, and see how far that is."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from datetime import datetime

from shared.auth import Caller
from shared.contracts.topics import compacted, owned
from shared.database import Database, Scope
from shared.events import replays


def add_parser(areas: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's options."""
    parser = areas.add_parser("replay", help="tell events once more 重新发送")
    parser.add_argument("--service", required=True, help="registry, subsidy, visits or credit")
    parser.add_argument("--topic", action="append", default=[], help="only this one; may be given several times")
    parser.add_argument(
        "--since", type=_moment, help="only what was written from then on, such as 2026-10-01T00:00+08:00"
    )
    parser.add_argument("--until", type=_moment, help="only what was written before; snapshots always to the newest")
    parser.add_argument("--reason", help="why; without one the replays so far are listed")
    parser.set_defaults(run=run)


def _moment(given: str) -> datetime:
    moment = datetime.fromisoformat(given)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("a moment needs its offset, such as +08:00")
    return moment


async def run(chosen: argparse.Namespace) -> int:
    """Ask, or list; 0 when it was done."""
    mine = owned(chosen.service)
    foreign = sorted(set(chosen.topic) - set(mine))
    if foreign:
        sys.stderr.write(f"{', '.join(foreign)}: not of {chosen.service}, which sends to {', '.join(mine)}\n")
        return 1
    database = Database(os.environ["ANXIANG_DATABASE_URL"], chosen.service, pool_size=2)
    try:
        async with database.transaction(Scope.everywhere()) as session:
            if chosen.reason is None:
                found = await replays.find(session, 100)
            else:
                caller = Caller("command", getpass.getuser(), None, frozenset(), ("",))
                topics = chosen.topic or mine
                bounds = {"since": chosen.since, "until": chosen.until}
                found = [await replays.ask(session, caller, topics, chosen.reason, **bounds)]
    finally:
        await database.close()
    sys.stdout.write("".join(f"{_line(each)}\n" for each in found) or "There was no replay.\n")
    return 0


def _line(replay: replays.Replay) -> str:
    kept = [topic for topic in replay.topics if compacted(topic)]
    state = f"done {replay.finished_at:%Y-%m-%d %H:%M:%S}" if replay.finished_at else "the service's relay does it"
    whole = f", {', '.join(kept)} up to the newest" if kept and replay.until else ""
    bounds = f"{replay.since or 'the beginning'} to {replay.until or 'now'}{whole}"
    return f"{replay.id} {', '.join(replay.topics)} from {bounds}: {replay.sent} told, {state}; {replay.reason}"
