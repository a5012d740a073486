"""A programme against its formula: what it asks for exists, is of the right kind, and is read from real columns."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from services.subsidy.engine.calculate import ENGINE_REASONS, RESULTS
from services.subsidy.engine.checks import AGE, HOLDS, Known, Refuse, check_label, check_source
from services.subsidy.engine.columns import TYPES, columns_of
from services.subsidy.engine.conditions import TESTS
from services.subsidy.engine.kinds import KINDS
from services.subsidy.engine.kinds.base import Column, Kind
from services.subsidy.engine.model import Labels, Parameter
from services.subsidy.engine.programme import Condition, Programme
from services.subsidy.engine.units import closed, fits
from services.subsidy.engine.values import is_money, is_scaled
from services.subsidy.engine.yamlfile import Loc

Parameters = Mapping[str, Parameter]


def known_to(programmes: Mapping[str, Programme], labels: Labels, texts: Mapping[str, tuple[str, str]]) -> Known:
    """What may be named beside these programmes: their words and documents, the columns they and the formulas read."""
    columns = {name: column.dtype for kind in KINDS.values() for name, column in kind.inputs.items()}
    declared = (programme.inputs.items() for programme in programmes.values())
    columns |= {name: TYPES[kind.rstrip("?")] for inputs in declared for name, kind in inputs}
    read = frozenset(name for programme in programmes.values() for name in programme.parameters())
    return Known(labels, texts, columns, read)


def check_programme(refuse: Refuse, programme: Programme, parameters: Parameters, known: Known) -> None:
    """The formula is known, its slots are fed by parameters that exist, and everything is read from real columns."""
    check_source(refuse, ["programme"], programme, known)
    for key in ("beneficiary", "payee", "form", "force"):
        check_label(refuse, ["programme", key], getattr(programme, key), known.labels.codes)
    kind = KINDS.get(programme.kind)
    if kind is None:
        refuse(["programme", "kind"], "unknown_kind", kind=programme.kind, known=", ".join(KINDS))
        return
    _check_inputs(refuse, kind, programme, known)
    columns = columns_of(programme)
    for slot, asked in kind.slots.items():
        if slot not in programme.uses and not asked.optional:
            refuse(["programme", "uses"], "missing_slot", kind=kind.name, slot=slot)
    for slot, names in programme.uses.items():
        if slot in kind.slots and isinstance(names, tuple) and not kind.slots[slot].many:
            refuse(["programme", "uses", slot], "one_parameter", slot=slot)
    for slot, name in programme.slots():
        _check_slot(refuse, kind, (slot, name), parameters, columns)
    _check_units(refuse, kind, programme, parameters, known)
    for index, name in enumerate(programme.awaits):
        if name not in parameters:
            refuse(["programme", "awaits", index], "unknown_parameter", parameter=name)
    if programme.validity is not None:
        _check_validity(refuse, programme.validity, parameters)
    _check_derived(refuse, programme, parameters, columns)
    _check_reasons(refuse, kind, programme)
    for index, condition in enumerate(programme.conditions):
        loc: Loc = ["programme", "conditions", index]
        check_source(refuse, loc, condition, known)
        _check_condition(refuse, loc, condition, columns)
        _check_tested(refuse, loc, condition, parameters, columns)
    _check_compared(refuse, programme, parameters, columns)


def _check_inputs(refuse: Refuse, kind: Kind, programme: Programme, known: Known) -> None:
    """Further columns have names of their own, and words."""
    taken = {"subject_id", "on_hold", *RESULTS, *kind.columns(programme), *kind.steps}
    for name in programme.inputs:
        if name in taken or name.startswith("_"):
            refuse(["programme", "inputs", name], "column_taken", column=name)
        else:
            check_label(refuse, ["programme", "inputs", name], name, known.labels.columns)


def _check_slot(
    refuse: Refuse, kind: Kind, fed: tuple[str, str], parameters: Parameters, columns: Mapping[str, Column]
) -> None:
    slot, name = fed
    loc, wanted, parameter = ["programme", "uses", slot], kind.slots.get(slot), parameters.get(name)
    if wanted is None:
        refuse(loc, "unknown_slot", kind=kind.name, slot=slot, known=", ".join(kind.slots))
    elif parameter is None:
        refuse(loc, "unknown_parameter", parameter=name)
    elif parameter.kind not in wanted.kinds:
        refuse(loc, "slot_kind", parameter=name, given=parameter.kind, wanted=" | ".join(wanted.kinds))
    elif parameter.kind == "table" and parameter.over:
        _check_column(refuse, loc, parameter.over, columns)
    elif parameter.kind == "bands":
        ages = {AGE: Column(pl.Int64)} if AGE in kind.steps else columns
        _check_column(refuse, loc, parameter.over or AGE, ages, pl.Int64)
    else:
        for choice in set(parameter.choices) - set(wanted.choices):
            refuse(loc, "unknown_choice", choice=choice, known=", ".join(wanted.choices))
    if wanted and parameter:
        _check_optional(refuse, loc, parameter, may=wanted.optional)


def _check_validity(refuse: Refuse, name: str, parameters: Parameters) -> None:
    """How long an assessment counts is a number of months."""
    loc: Loc = ["programme", "validity"]
    parameter = parameters.get(name)
    if parameter is None:
        refuse(loc, "unknown_parameter", parameter=name)
    elif parameter.kind != "scalar":
        refuse(loc, "slot_kind", parameter=name, given=parameter.kind, wanted="scalar")
    elif parameter.unit != "month":
        refuse(loc, "slot_unit", parameter=name, unit=parameter.unit, slot="validity", wanted="month")


def _check_units(refuse: Refuse, kind: Kind, programme: Programme, parameters: Parameters, known: Known) -> None:
    """What feeds a slot is in a unit of its family; the first slot with a gap says what all of them count."""
    slots = [(name, kind.slots[name], parameters.get(fed)) for name, fed in programme.slots() if name in kind.slots]
    fed = [(name, slot, given) for name, slot, given in slots if given and given.kind in slot.kinds]
    order = sorted(fed, key=lambda each: list(kind.slots).index(each[0]))
    for name, slot, given in fed:
        wanted = closed(slot.unit, ((other.unit, of.unit) for _, of, other in order))
        if given.unit in known.labels.units and not fits(given.unit, wanted):
            refuse(
                ["programme", "uses", name], "slot_unit", parameter=given.id, unit=given.unit, slot=name, wanted=wanted
            )


def _check_column(
    refuse: Refuse, loc: Loc, name: str, columns: Mapping[str, Column], wanted: type[pl.DataType] | None = None
) -> None:
    """The column is there, and holds what is wanted."""
    if name not in columns:
        refuse(loc, "unknown_column", column=name, known=", ".join(columns))
    elif wanted and columns[name].dtype is not wanted:
        refuse(loc, "column_type", column=name, given=HOLDS[columns[name].dtype], wanted=HOLDS[wanted])


def _check_derived(refuse: Refuse, programme: Programme, parameters: Parameters, columns: Mapping[str, Column]) -> None:
    """A column of codes is filled by a mapping that exists."""
    for column, name in programme.mappings():
        loc, parameter = ["programme", "derived", column], parameters.get(name)
        _check_column(refuse, loc, column, columns, pl.String)
        if parameter is None:
            refuse(loc, "unknown_parameter", parameter=name)
        elif parameter.kind != "mapping":
            refuse(loc, "slot_kind", parameter=name, given=parameter.kind, wanted="mapping")


def _check_reasons(refuse: Refuse, kind: Kind, programme: Programme) -> None:
    """No two reasons share a code."""
    given = {*ENGINE_REASONS, *kind.codes}
    for index, condition in enumerate(programme.conditions):
        if condition.code in given:
            refuse(["programme", "conditions", index, "code"], "reason_taken", code=condition.code)
        given.add(condition.code)


def _check_condition(refuse: Refuse, loc: Loc, condition: Condition, columns: Mapping[str, Column]) -> None:
    """A test has the keys it needs and no other, and looks at columns that hold what it reads."""
    test = TESTS[condition.test]
    for key in ("column", "columns", "any_of", "parameter"):
        given = getattr(condition, key) is not None
        if key in test.needs and not given:
            refuse([*loc, "test"], "test_shape", test=condition.test, needed=key)
        if given and key not in (*test.needs, *test.may):
            refuse([*loc, key], "test_excess", test=condition.test, key=key)
        elif given and key != "parameter":
            for column in condition.named(key):
                _check_column(refuse, [*loc, key], column, columns, test.column)


def _check_optional(refuse: Refuse, loc: Loc, parameter: Parameter, *, may: bool) -> None:
    """What the rest can be calculated without is read only where it can."""
    if parameter.optional and not may:
        refuse(loc, "not_optional", parameter=parameter.id)


def _check_tested(
    refuse: Refuse, loc: Loc, condition: Condition, parameters: Parameters, columns: Mapping[str, Column]
) -> None:
    """What a condition compares with exists, is of the kind its test reads, and its choices are all provided for."""
    wanted = TESTS[condition.test].parameter
    if condition.parameter is None or wanted is None:
        return
    parameter = parameters.get(condition.parameter)
    if parameter is None:
        refuse([*loc, "parameter"], "unknown_parameter", parameter=condition.parameter)
        return
    if parameter.kind != wanted:
        refuse([*loc, "parameter"], "slot_kind", parameter=parameter.id, given=parameter.kind, wanted=wanted)
    elif (unit := TESTS[condition.test].unit) and not fits(parameter.unit, unit):
        told = {"parameter": parameter.id, "unit": parameter.unit, "test": condition.test, "wanted": unit}
        refuse([*loc, "parameter"], "test_unit", **told)
    elif wanted == "choice":
        _check_choices(refuse, loc, condition, parameter)
    elif condition.any_of:
        for member in parameter.choices or ("-",):
            _check_column(refuse, [*loc, "parameter"], member, columns, pl.Boolean)
    _check_optional(refuse, [*loc, "parameter"], parameter, may="parameter" in TESTS[condition.test].may)


def _check_choices(refuse: Refuse, loc: Loc, condition: Condition, parameter: Parameter) -> None:
    provided = ("ON", "OFF") if condition.columns is None else tuple(condition.columns)
    for choice in provided:
        if choice not in parameter.choices:
            key = "parameter" if condition.columns is None else "columns"
            refuse([*loc, key], "unknown_choice", choice=choice, known=", ".join(parameter.choices))
    for choice in parameter.choices:
        if choice not in provided:
            refuse([*loc, "parameter"], "choice_unread", choice=choice, known=", ".join(provided))


def _check_compared(
    refuse: Refuse, programme: Programme, parameters: Parameters, columns: Mapping[str, Column]
) -> None:
    """Money is compared with money, a count with a count, and a column always in one unit."""
    units: dict[str, Parameter] = {}
    for index, condition in enumerate(programme.conditions):
        column, parameter = condition.column or "", parameters.get(condition.parameter or "")
        if TESTS[condition.test].parameter != "scalar" or column not in columns or not parameter:
            continue
        loc: Loc = ["programme", "conditions", index, "parameter"]
        told = {"parameter": parameter.id, "unit": parameter.unit, "column": column}
        money = _is_money(programme, column)
        if columns[column].dtype is pl.Int64 and (not is_money(parameter.unit) if money else is_scaled(parameter.unit)):
            refuse(loc, "column_unit", **told, given="money" if money else "number")
        elif parameter.unit != (first := units.setdefault(column, parameter)).unit:
            refuse(loc, "units_differ", **told, other=first.id, given=first.unit)


def _is_money(programme: Programme, column: str) -> bool:
    """Whether a column holds fen."""
    return programme.inputs.get(column, "").startswith("money") or column.endswith("_fen")
