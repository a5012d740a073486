"""All dated values of a parameter in a pack, the district's own among them, in the order in which they count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from services.subsidy.engine.files import EffectiveEntry, LocalValue
from services.subsidy.engine.model import Dated, Source
from services.subsidy.engine.pack import Pack

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Entry:
    """One dated value. ``since`` is None while nobody knows when its document takes effect."""

    dated: Dated
    source: Source
    own: bool
    since: date | None
    entered: EffectiveEntry | None

    def counts_on(self, day: date) -> bool:
        """Whether it would be in force on a day, were there no other."""
        return self.since is not None and self.since <= day and (self.dated.until is None or day <= self.dated.until)


def history(pack: Pack, parameter: str) -> list[Entry]:
    """Every value, the oldest first; where two are in force at once, the district's own counts."""
    return sorted(_entries(pack, parameter), key=lambda entry: (entry.since or date.max, entry.own))


def _entries(pack: Pack, parameter: str) -> Iterator[Entry]:
    declared = pack.content.parameters[parameter]
    for dated in (*declared.values, *pack.content.local.get(parameter, ())):
        source = dated if isinstance(dated, LocalValue) else declared
        waits = dated.since == "document"
        since = pack.counts_from(source.document) if waits else dated.since
        plain = Source(document=source.document, clause=source.clause, quotation=source.quotation)
        entered = pack.content.effective.get(source.document) if waits else None
        yield Entry(dated, plain, source is dated, since if isinstance(since, date) else None, entered)


def turns(pack: Pack, parameter: str) -> set[date]:
    """The days on which the value in force may be another than the day before."""
    entries = history(pack, parameter)
    ends = {entry.dated.until + _DAY for entry in entries if entry.dated.until}
    return ends | {entry.since for entry in entries if entry.since}
