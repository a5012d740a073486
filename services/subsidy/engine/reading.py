"""Who reads a parameter: a formula, a condition, a mapping or a rule on two benefits; or people, who say why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.subsidy.engine.checks import Refuse
from services.subsidy.engine.kinds import KINDS
from services.subsidy.engine.model import Parameter
from services.subsidy.engine.pack import FIRST_MONTH, LAST_MONTH
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.sources import FILLS, unfilled
from services.subsidy.engine.yamlfile import Loc

STACKING = "stacking."
"""What the ids of rules on two benefits begin with."""


def readers(programmes: Mapping[str, Programme], parameter: str) -> Iterator[str]:
    """Every place that reads a parameter: programme and slot, condition or column; what is only awaited is not read."""
    if parameter.startswith(STACKING):
        yield "stacking"
    if parameter in {FIRST_MONTH, LAST_MONTH}:
        yield "months"
    for code, law in programmes.items():
        yield from (f"{code}.{slot}" for slot, name in law.slots() if name == parameter)
        yield from (f"{code}.{each.code}" for each in law.conditions if each.parameter == parameter)
        yield from (f"{code}.{column}" for column, name in law.mappings() if name == parameter)
        if law.validity == parameter:
            yield f"{code}.validity"


def check_read(refuse: Refuse, loc: Loc, parameter: Parameter, programmes: Mapping[str, Programme]) -> None:
    """What nobody reads changes nothing, whatever is decided: a formula reads it, or it says why people do."""
    read = next(readers(programmes, parameter.id), None)
    awaited = any(parameter.id in law.awaits for law in programmes.values())
    if read and parameter.for_people:
        refuse([*loc, "for_people"], "read_after_all", parameter=parameter.id, reader=read)
    elif not (read or awaited or parameter.for_people):
        refuse([*loc, "id"], "unread", parameter=parameter.id)


def check_awaited(refuse: Refuse, programme: Programme, parameters: Mapping[str, Parameter]) -> None:
    """What a programme waits for has one answer, which is carried out; or people carry it out."""
    for index, name in enumerate(programme.awaits):
        parameter = parameters.get(name)
        if parameter and not parameter.for_people and len(parameter.choices) != 1:
            known = ", ".join(parameter.choices) or parameter.kind
            refuse(["programme", "awaits", index], "awaited_unread", parameter=name, known=known)


def check_sources(refuse: Refuse, programme: Programme, parameters: Mapping[str, Parameter]) -> None:
    """Every column that is read is filled by the source of the programme, or by a mapping from one that is."""
    given = ", ".join(sorted(FILLS.get(programme.source, ())))
    for loc, column in _read(programme, parameters):
        if unfilled(programme.source, frozenset({column})):
            refuse(loc, "unfilled", column=column, source=programme.source, known=given)


def _read(programme: Programme, parameters: Mapping[str, Parameter]) -> Iterator[tuple[Loc, str]]:
    """Every column a programme reads, with its place; what a formula works out itself is no input."""
    kind = KINDS.get(programme.kind)
    if kind is None:
        return
    derived = {
        column: [parameters[name].over or "" for name in _ids(programme, column) if name in parameters]
        for column in programme.derived
    }
    worked_out = {*kind.steps, *derived}
    for column, sources in derived.items():
        yield from ((["programme", "derived", column], source) for source in sources)
    for column, each in kind.columns(programme).items():
        if not each.former and column not in worked_out:
            yield ["programme", "kind"], column
    for column in programme.inputs:
        if column not in worked_out:
            yield ["programme", "inputs", column], column
    for index, condition in enumerate(programme.conditions):
        for key in ("column", "columns", "any_of"):
            for column in condition.named(key):
                if column not in worked_out:
                    yield ["programme", "conditions", index, key], column
    for slot, name in programme.slots():
        over = parameters[name].over if name in parameters else None
        if over and over not in worked_out:
            yield ["programme", "uses", slot], over


def _ids(programme: Programme, column: str) -> list[str]:
    return [name for filled, name in programme.mappings() if filled == column]
