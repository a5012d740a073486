"""One figure of a pack changed at a time: amounts, factors, bands, keys' values, days, by the smallest step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from services.subsidy.engine.checks import Known, check_value
from services.subsidy.engine.limits import check_limit
from services.subsidy.engine.model import Dated
from services.subsidy.engine.pack import Content, Pack
from services.subsidy.engine.values import is_scaled

CENT, ONE = Decimal("0.01"), Decimal(1)


@dataclass(frozen=True)
class Figure:
    """A figure moved by one step, and the pack that says it so. ``local`` is a district's own value."""

    parameter: str
    local: bool
    path: str
    change: Mapping[str, Any]

    def refused(self, pack: Pack) -> bool:
        """Whether the loader would not let it in: scales with gaps, a district's value under the city's floor."""
        declared, index = pack.content.parameters[self.parameter], int(self.path.partition(".")[0])
        values = pack.content.local[self.parameter] if self.local else declared.values
        moved, found = values[index].model_copy(update=dict(self.change)), list[object]()
        check_value(
            lambda *_, **__: found.append(0), [], declared, moved, Known(pack.content.labels, {}, {}, frozenset())
        )
        if self.local:
            check_limit(lambda *_, **__: found.append(0), [], declared, moved)
        return bool(found)

    def apply(self, pack: Pack) -> Pack:
        """The pack with this figure moved. KeyError where the pack does not have it."""
        content, index = pack.content, int(self.path.partition(".")[0])
        if self.local:
            values = _moved(content.local[self.parameter], index, self.change)
            return _with(content, "local", {**content.local, self.parameter: values})
        declared = content.parameters[self.parameter]
        changed = declared.model_copy(update={"values": _moved(declared.values, index, self.change)})
        return _with(content, "parameters", {**content.parameters, self.parameter: changed})


def figures(pack: Pack) -> Iterator[Figure]:
    """Every figure of a pack, each moved up and down."""
    for name, declared in pack.content.parameters.items():
        step = CENT if is_scaled(declared.unit) else ONE
        for local, values in ((False, declared.values), (True, pack.content.local.get(name, ()))):
            for index, dated in enumerate(values):
                for path, change in _changes(dated, step):
                    yield Figure(name, local, f"{index}.{path}", change)


def _changes(dated: Dated, step: Decimal) -> Iterator[tuple[str, dict[str, Any]]]:
    for sign in (-1, 1):
        word = "up" if sign > 0 else "down"
        if dated.value is not None:
            yield f"value {word}", {"value": dated.value + sign * step}
        if dated.day is not None:
            yield f"day {word}", {"day": dated.day + timedelta(days=sign)}
        for key, value in (dated.table or {}).items():
            yield f"table[{key}] {word}", {"table": {**(dated.table or {}), key: value + sign * step}}
        for place, band in enumerate(dated.bands or ()):
            edges: dict[str, Any] = {"value": band.value + sign * step, "at_least": band.at_least + sign}
            if band.at_most is not None:
                edges["at_most"] = band.at_most + sign
            for edge, moved in edges.items():
                bands = list(dated.bands or ())
                bands[place] = band.model_copy(update={edge: moved})
                yield f"bands[{place}].{edge} {word}", {"bands": tuple(bands)}


def _moved(values: tuple[Any, ...], index: int, change: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(value.model_copy(update=dict(change)) if n == index else value for n, value in enumerate(values))


def _with(content: Content, key: str, value: object) -> Pack:
    return Pack(content.model_copy(update={key: value}))
