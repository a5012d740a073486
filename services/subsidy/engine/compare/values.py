"""What changed among the values of the law: every parameter, key by key, from day to day.

Both packs are read as if their documents took effect when the newer one says, so that entering a date is one change
and not one for every value behind it. Where nobody has said, they are read as if they always had been in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from services.subsidy.engine import printed
from services.subsidy.engine.compare.changes import WHEN_IT_TAKES_EFFECT, Affected, Change, concerned
from services.subsidy.engine.model import Labels, Parameter, Text
from services.subsidy.engine.pack import Pack
from services.subsidy.engine.timeline import turns

Key = tuple[int, int | None] | int | str | None
"""A step of a scale, a key of a table, or None for a value that has none."""
Point = Decimal | date | str | tuple[str, ...] | None
_DAY = timedelta(days=1)


def in_one_time(old: Pack, new: Pack) -> tuple[Pack, Pack]:
    """Both packs with the same days on which documents take effect."""
    documents = dict(old.content.documents) | new.content.documents
    for name in documents:
        known = new.effective_on(name) if name in new.content.documents else old.effective_on(name)
        old, new = (
            pack.taking_effect(name, known or date.min) if name in pack.content.documents else pack
            for pack in (old, new)
        )
    return old, new


def values(old: Pack, new: Pack) -> Iterator[Change]:
    """Every value that is another, in the order of the files."""
    then, now = in_one_time(old, new)
    for name in dict.fromkeys([*old.content.parameters, *new.content.parameters]):
        yield from _parameter(then, now, name)


def _parameter(old: Pack, new: Pack, name: str) -> Iterator[Change]:
    sides = [pack for pack in (old, new) if name in pack.content.parameters]
    days = sorted(set().union(*(turns(pack, name) for pack in sides)))
    points = [(day, _points(old, name, day), _points(new, name, day)) for day in days]
    keys = _keys([side for _, *both in points for side in both])
    found = {key: [(day, _at(before, key), _at(after, key)) for day, before, after in points] for key in keys}
    for key, spans in _merged(found).items():
        for span in spans:
            yield _change(new if name in new.content.parameters else old, name, key, span)


def _points(pack: Pack, name: str, day: date) -> dict[Key, Point]:
    """What is in force on a day, key by key."""
    resolved = pack.resolve(name, day) if name in pack.content.parameters else None
    if resolved is None:
        return {}
    dated = resolved.dated
    if dated.bands is not None:
        return {(band.at_least, band.at_most): band.value for band in dated.bands}
    if dated.table is not None or dated.mapping is not None:
        return {key: value for part in (dated.table, dated.mapping) for key, value in (part or {}).items()}
    return {None: dated.members or dated.day or dated.choice or dated.value}


def _keys(sides: Sequence[Mapping[Key, Point]]) -> list[Key]:
    """Every key there is; scales are cut wherever any of them has a step."""
    every = list(dict.fromkeys(key for side in sides for key in side))
    scales = [key for key in every if isinstance(key, tuple)]
    if not scales:
        return every
    ordered = sorted({low for low, _ in scales} | {high + 1 for _, high in scales if high is not None})
    return [*((low, high - 1) for low, high in pairwise(ordered)), (ordered[-1], None)]


def _at(points: Mapping[Key, Point], key: Key) -> Point:
    if not isinstance(key, tuple):
        return points.get(key)
    for step, value in points.items():
        if isinstance(step, tuple) and step[0] <= key[0] and (step[1] is None or key[0] <= step[1]):
            return value
    return None


Span = tuple[date, date | None, Point, Point]


def _merged(found: Mapping[Key, list[tuple[date, Point, Point]]]) -> dict[Key, list[Span]]:
    """Only what differs; spans of time joined, then steps of a scale that change alike."""
    by_key: dict[Key, list[Span]] = {}
    for key, days in found.items():
        spans: list[Span] = []
        for index, (since, before, after) in enumerate(days):
            until = days[index + 1][0] - _DAY if index + 1 < len(days) else None
            if spans and spans[-1][2:] == (before, after):
                spans[-1] = (spans[-1][0], until, before, after)
            else:
                spans.append((since, until, before, after))
        differing = [span for span in spans if span[2] != span[3]]
        if differing:
            by_key[key] = differing
    return _joined(by_key)


def _joined(by_key: dict[Key, list[Span]]) -> dict[Key, list[Span]]:
    whole: dict[Key, list[Span]] = {}
    last: Key = None
    for key, spans in by_key.items():
        if isinstance(key, tuple) and isinstance(last, tuple) and last[1] == key[0] - 1 and whole.get(last) == spans:
            del whole[last]
            key = (last[0], key[1])  # noqa: PLW2901  # the step that both make together
        whole[key] = spans
        last = key
    return whole


def _change(pack: Pack, name: str, key: Key, span: Span) -> Change:
    since, until, before, after = span
    parameter, labels = pack.content.parameters[name], pack.content.labels
    was, is_now = (_printed(parameter, point, labels) for point in (before, after))
    group = _group(parameter, key, labels)
    when = _when(since, until)
    head = Text(
        zh=parameter.label.zh + (f",{group.zh}" if group else ""),
        en=parameter.label.en + (f", {group.en}" if group else ""),
    )
    return Change(
        region=pack.region,
        what="stacking" if name in pack.content.stacking else "parameter",
        id=name,
        part="value" if key is None else f"value.{_name(key)}",
        text=Text(
            zh=f"{head.zh}:{when.zh}由{was.zh}改为{is_now.zh}。", en=f"{head.en}: {when.en} {is_now.en}, was {was.en}."
        ),
        before=was if before is not None else None,
        after=is_now if after is not None else None,
        since=None if since == date.min else since,
        until=until,
        affected=affected(pack, name, (group,) if group else (), since),
    )


def affected(pack: Pack, parameter: str, groups: tuple[Text, ...], since: date | None) -> Affected:
    """Whom a parameter concerns."""
    return concerned(
        pack, [law for law in pack.programmes.values() if parameter in reads(pack, law.code)], groups, since
    )


def reads(pack: Pack, programme: str) -> set[str]:
    """The parameters a programme reads, those of its levels and of what it may be had together with among them."""
    law = pack.programmes[programme]
    pairs = pack.content.stacking.items()
    stacking = {name for name, named in pairs if programme in {*named.between, *named.others}}
    return {*law.parameters(), *(name for _, name in law.mappings()), *stacking}


def _printed(parameter: Parameter, point: Point, labels: Labels) -> Text:
    if point is None:
        return printed.UNDECIDED
    if isinstance(point, Decimal):
        return printed.amount(point, parameter.unit, labels)
    if isinstance(point, date):
        return printed.on_day(point)
    codes = point if isinstance(point, tuple) else (point,)
    said = printed.joined(printed.word(code, labels) for code in codes)
    return Text(zh=f"“{said.zh}”", en=f"“{said.en}”")


def _group(parameter: Parameter, key: Key, labels: Labels) -> Text | None:
    if key is None:
        return None
    if isinstance(key, tuple):
        return printed.reach(key[0], key[1], parameter.over, labels)
    return printed.key(key, parameter.over, labels)


def _name(key: Key) -> str:
    if isinstance(key, tuple):
        return f"{key[0]}-{'' if key[1] is None else key[1]}"
    return str(key)


def _when(since: date, until: date | None) -> Text:
    begin = printed.on_day(since)
    start = WHEN_IT_TAKES_EFFECT if since == date.min else Text(zh=f"自{begin.zh}起", en=f"from {begin.en}")
    if until is None:
        return start
    end = printed.on_day(until)
    return Text(zh=f"{start.zh}至{end.zh}", en=f"{start.en} to {end.en}")
