"""The parts of a simulation and the two sides of each: what is read for it, and what it comes to. Reads no database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import polars as pl

from services.subsidy.engine import Pack, reference_day
from services.subsidy.engine.packs import opened
from services.subsidy.inputs.domain import FACTS, Facts
from services.subsidy.runs import lines
from services.subsidy.runs.area import Area, holds
from services.subsidy.runs.freezing import Planned
from services.subsidy.simulations import beside, comparison
from services.subsidy.simulations.domain import DECADES, age_groups
from services.subsidy.simulations.laws import NOT_CONFIGURED, Desk, Laws, desk, silence
from services.subsidy.simulations.models import Part
from services.subsidy.simulations.schemas import SimulationIn
from shared.clock import Month
from shared.regions import prefix_of


class Key(NamedTuple):
    """What is read: the facts of which programme, from which source, judged on which day.

    Holds and applications are those of a programme, so two programmes with the same source share nothing.
    """

    programme: str
    source: str
    day: date

    @property
    def facts(self) -> Facts:
        """The kind of facts."""
        return FACTS[self.source]


@dataclass
class Place:
    """The counties under one pack, and its two laws."""

    laws: Laws
    prefix: str
    counties: list[str] = field(default_factory=list)

    @property
    def packs(self) -> list[Pack]:
        """Both, or the changed one alone."""
        return [pack for pack in (self.laws.today, self.laws.changed) if pack]


def places(desk: Desk, counties: Sequence[str]) -> list[Place]:
    """The counties of a region by the laws that hold there."""
    found: dict[tuple[str, str], Place] = {}
    for county in counties:
        laws = desk.laws(county)
        if laws:
            today, prefix = (laws.today.hash if laws.today else ""), laws.changed.prefix
            found.setdefault((today, laws.changed.hash), Place(laws, prefix)).counties.append(county)
    return list(found.values())


def places_of(sealed: bytes, wanted: SimulationIn, counties: Sequence[str]) -> list[Place]:
    """The same, from the packs in use and a request. For another process."""
    return places(desk(opened(sealed), wanted), counties)


def planned(wanted: SimulationIn, found: Sequence[Place]) -> Iterator[dict[str, Any]]:
    """Every part, month by month, and which side answers nobody in it."""
    for month in wanted.months:
        for place in found:
            today, changed = place.laws.today, place.laws.changed
            known = {*(today.programmes if today else ()), *changed.programmes}
            for code in [code for code in wanted.programmes or place.laws.programmes if code in known]:
                before = silence(today, code, month, simulate=False) or (None, None)
                after = silence(changed, code, month, simulate=True) or (None, None)
                yield {
                    "programme": code,
                    "month": month.first,
                    "counties": place.counties,
                    "prefix": place.prefix,
                    "today_hash": today.hash if today else None,
                    "changed_hash": changed.hash,
                    **dict(zip(("today_outcome", "today_reason"), before, strict=True)),
                    **dict(zip(("changed_outcome", "changed_reason"), after, strict=True)),
                }


@dataclass(frozen=True)
class Side:
    """One law in a part. ``others`` are the benefits that may take something off the part's programme."""

    pack: Pack
    key: Key
    simulate: bool
    others: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Result:
    """What a part came to."""

    rows: int
    figures: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    silences: list[tuple[str, str] | None]


@lru_cache(maxsize=16)
def restored(content: str) -> Pack:
    """A law of a simulation."""
    return Pack.restore(content)


def sides(part: Part, contents: Mapping[str, str]) -> list[Side | None]:
    """Today and changed; None for a side that answers nobody."""
    asked = ((part.today_hash, part.today_outcome, False), (part.changed_hash, part.changed_outcome, True))
    return [
        _side(part, restored(contents[pack_hash]), simulate=simulate) if pack_hash and not shut else None
        for pack_hash, shut, simulate in asked
    ]


def _side(part: Part, pack: Pack, *, simulate: bool) -> Side:
    month = Month.of(part.month)
    others = beside.others(pack, part.programme, month, simulate=simulate)
    own, *more = (_key(pack, code, month) for code in (part.programme, *others))
    return Side(pack, own, simulate, tuple(more))


def _key(pack: Pack, programme: str, month: Month) -> Key:
    return Key(programme, pack.programmes[programme].source, reference_day(pack, programme, month))


def values(part: Part, key: Key) -> Mapping[str, Any]:
    """What the query for some facts binds."""
    month, place = Month.of(part.month), (prefix_of(part.region), part.prefix, key.day, _area(part))
    return Planned(part.simulation_id, part.part, key.programme, month, key.facts, *place, since=None).values()


def _area(part: Part) -> Area:
    return Area(tuple(part.counties), (prefix_of(part.region),))


def due(part: Part, side: Side, key: Key, inputs: pl.DataFrame) -> pl.DataFrame:
    """What everybody is due of another benefit by one law."""
    judged = lines.judge(side.pack, key.programme, Month.of(part.month), inputs, simulate=side.simulate)
    return beside.due(judged.filter(holds("region", _area(part))), key.programme)


def result(
    part: Part,
    both: Sequence[Side | None],
    frames: Mapping[Key, pl.DataFrame],
    others: Sequence[Sequence[pl.DataFrame]],
) -> Result:
    """Judge everybody by both laws, each beside what the ``others`` are due by it, and compare.

    Reasons are compared only where both answer.
    """
    month = Month.of(part.month)
    judged = [_judged(part, side, frames, more) for side, more in zip(both, others, strict=True)]
    silences = [_silence(one) for one in judged]
    today, changed = (None if shut else one for one, shut in zip(judged, silences, strict=True))
    compared = comparison.compare(today, changed)
    starts = [start for side in both if side for start in _starts(side.pack, part.programme, month)]
    return Result(
        rows=max((frame.height for frame in frames.values()), default=0),
        figures=comparison.figures((today, changed), compared, month, age_groups(starts or DECADES)),
        reasons=comparison.reasons(compared) if today is not None and changed is not None else [],
        silences=silences,
    )


def _judged(
    part: Part, side: Side | None, frames: Mapping[Key, pl.DataFrame], others: Sequence[pl.DataFrame]
) -> pl.DataFrame | None:
    """Everybody's amount and reason by one law, as far as a comparison needs it."""
    if side is None:
        return None
    month, inputs = Month.of(part.month), frames[side.key]
    judged = lines.judge(side.pack, part.programme, month, inputs, simulate=side.simulate)
    judged = judged.filter(holds("region", _area(part)))
    return comparison.needed(beside.left(side.pack, part.programme, month, judged, others))


def _silence(judged: pl.DataFrame | None) -> tuple[str, str] | None:
    """Why a law answers nobody after all: what it lacks may show only with the facts in hand."""
    if judged is None or judged.is_empty() or (judged["outcome"] != NOT_CONFIGURED).any():
        return None
    return NOT_CONFIGURED, str(judged["reason"][0])


def _starts(pack: Pack, programme: str, month: Month) -> Iterator[int]:
    """Where the programme's own scales by age begin a step or end one."""
    for name in pack.programmes[programme].parameters():
        declared, decided = pack.content.parameters[name], pack.resolve(name, month.first)
        if decided and declared.kind == "bands" and declared.over in {None, "age"}:
            for step in decided.bands:
                yield from (step.at_least, *([step.at_most + 1] if step.at_most is not None else []))
