"""Which columns a programme asks of an application, and which the system fills in itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from services.subsidy.engine import Pack
from services.subsidy.engine.columns import columns_of
from services.subsidy.engine.derived import key_type
from services.subsidy.engine.model import Text
from services.subsidy.engine.programme import Programme

Type = Literal["date", "yes_no", "code", "number", "money", "level"]
"""``level``: a number or a code, as long as nobody has decided how it is to be read."""
REGISTERED = ("birth_date", "died_on", "sex", "registered_on", "age", "household_here")
"""What the register says of a senior."""
PAID = ("paid_before", "beds_paid_before", "used_in_year", "item_paid_before", "first_claim")
"""What was paid already; known when a scope is calculated."""
FILLED = frozenset({*REGISTERED, *PAID, "first_month", "listed", "on_hold", "row_key", "subject_id", "region"})
"""The columns that an applicant may not give: the system knows them itself."""
_TYPES: Mapping[type[pl.DataType], Type] = {
    pl.Date: "date",
    pl.Boolean: "yes_no",
    pl.String: "code",
    pl.Int64: "number",
}
_MONEY = "_fen"


def paid_once(law: Programme) -> bool:
    """Whether what a programme pays depends on what it paid before."""
    return not columns_of(law).keys().isdisjoint(PAID)


@dataclass(frozen=True)
class Asked:
    """One column of an application's rows.

    ``either``: the columns of which one must be given, itself among them; the first is what the others fill, each
    through its ``mapping``.
    """

    name: str
    type: Type
    needed: bool
    label: Text
    either: tuple[str, ...] = ()
    mapping: str | None = None


def asked(pack: Pack, programme: str) -> dict[str, Asked]:
    """What an application for a programme must say, by column, in the order of the formula and the programme."""
    law = pack.programmes[programme]
    sources = _derived(pack, programme)
    found: dict[str, Asked] = {}
    for name, column in columns_of(law).items():
        told = law.inputs.get(name)
        kind: Type = _bare(told) if told else _type(name, column.dtype)
        either = (name, *sources[name]) if name in sources else ()
        found[name] = Asked(name, kind, not column.nullable, _label(pack, name), either)
        for over, (mapping, of_type) in sources.get(name, {}).items():
            instead = Asked(over, of_type, needed=False, label=_label(pack, over), either=either, mapping=mapping)
            found.setdefault(over, instead)
    return {name: column for name, column in found.items() if name not in FILLED}


def _derived(pack: Pack, programme: str) -> dict[str, dict[str, tuple[str, Type]]]:
    """For each column that mappings can fill: the columns they read, with the mapping and their types."""
    found: dict[str, dict[str, tuple[str, Type]]] = {}
    for column, name in pack.programmes[programme].mappings():
        parameter = pack.content.parameters[name]
        values = (*parameter.values, *pack.content.local.get(name, ()))
        keys = [key for dated in values for key in dated.mapping or {}]
        of_type: Type = "level" if not keys else "number" if key_type(keys) is pl.Int64 else "code"
        found.setdefault(column, {})[parameter.over or name] = (name, of_type)
    return found


def _type(name: str, dtype: type[pl.DataType]) -> Type:
    return "money" if name.endswith(_MONEY) else _TYPES[dtype]


def _bare(told: str) -> Type:
    kinds: dict[str, Type] = {kind: kind for kind in ("date", "yes_no", "code", "number", "money")}
    return kinds[told.rstrip("?")]


def _label(pack: Pack, name: str) -> Text:
    return pack.content.labels.columns.get(name) or Text(zh=name, en=name)
