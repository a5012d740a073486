"""A programme against its formula: what it asks for exists, is of the right kind, and is read from real columns."""

from __future__ import annotations

from collections.abc import Mapping

from services.subsidy.engine.checks import Refuse, check_label
from services.subsidy.engine.kinds import KINDS
from services.subsidy.engine.kinds.base import Kind
from services.subsidy.engine.model import Condition, Labels, Parameter, Programme

_NEEDS = {
    "at_least": ("column", "parameter"),
    "one_of": ("column", "parameter"),
    "is_false": ("column",),
    "chosen": ("columns", "parameter"),
}
_TESTED = {"at_least": "scalar", "one_of": "members", "chosen": "choice"}


def check_programme(refuse: Refuse, programme: Programme, parameters: Mapping[str, Parameter]) -> None:
    """The formula is known, all its slots are fed by parameters that exist, conditions name real columns."""
    kind = KINDS.get(programme.kind)
    if kind is None:
        refuse(["programme", "kind"], "unknown_kind", kind=programme.kind, known=", ".join(KINDS))
        return
    for slot, asked in kind.slots.items():
        if slot not in programme.uses and not asked.optional:
            refuse(["programme", "uses"], "missing_slot", kind=kind.name, slot=slot)
    for slot, name in programme.slots():
        _check_slot(refuse, kind, slot, parameters.get(name), name)
    for index, condition in enumerate(programme.conditions):
        _check_condition(refuse, index, condition, kind, parameters)


def _check_slot(refuse: Refuse, kind: Kind, slot: str, parameter: Parameter | None, name: str) -> None:
    loc = ["programme", "uses", slot]
    wanted = kind.slots.get(slot)
    if wanted is None:
        refuse(loc, "unknown_slot", kind=kind.name, slot=slot, known=", ".join(kind.slots))
    elif parameter is None:
        refuse(loc, "unknown_parameter", parameter=name)
    elif parameter.kind not in wanted.kinds:
        refuse(loc, "slot_kind", parameter=name, given=parameter.kind, wanted=" | ".join(wanted.kinds))
    elif parameter.kind == "table" and parameter.over not in kind.inputs:
        refuse(loc, "unknown_column", kind=kind.name, column=parameter.over, known=", ".join(kind.inputs))
    else:
        for choice in set(parameter.choices) - set(wanted.choices):
            refuse(loc, "unknown_choice", choice=choice, known=", ".join(wanted.choices))


def _check_condition(
    refuse: Refuse, index: int, condition: Condition, kind: Kind, parameters: Mapping[str, Parameter]
) -> None:
    loc = ["programme", "conditions", index]
    for needed in _NEEDS[condition.test]:
        if getattr(condition, needed) is None:
            refuse([*loc, "test"], "test_shape", test=condition.test, needed=needed)
    read = [condition.column, *(condition.columns or {}).values()]
    for column in [name for name in read if name is not None and name not in kind.inputs]:
        refuse([*loc, "column"], "unknown_column", kind=kind.name, column=column, known=", ".join(kind.inputs))
    if condition.parameter is None:
        return
    parameter = parameters.get(condition.parameter)
    if parameter is None:
        refuse([*loc, "parameter"], "unknown_parameter", parameter=condition.parameter)
    elif parameter.kind != _TESTED.get(condition.test, parameter.kind):
        wanted = _TESTED[condition.test]
        refuse([*loc, "parameter"], "slot_kind", parameter=parameter.id, given=parameter.kind, wanted=wanted)


def check_words(refuse: Refuse, programme: Programme, labels: Labels) -> None:
    """Who is entitled and who is paid have names people know."""
    for key in ("beneficiary", "payee"):
        check_label(refuse, ["programme", key], getattr(programme, key), labels)
