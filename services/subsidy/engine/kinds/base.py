"""What a formula kind is made of: its slots, its columns, its formula, and how it tells its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from services.subsidy.engine.model import Quantity, Text
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.values import Resolved
from shared.clock import Month

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Slot:
    """One value a formula asks for, of this kind or one of these; an optional one a programme may leave out.

    ``unit`` is the family of units it takes.
    """

    kind: Quantity | tuple[Quantity, ...]
    unit: str = "decision"
    many: bool = False
    choices: tuple[str, ...] = ()
    optional: bool = False

    @property
    def kinds(self) -> tuple[Quantity, ...]:
        """The kinds of value that fit."""
        return self.kind if isinstance(self.kind, tuple) else (self.kind,)


@dataclass(frozen=True)
class Column:
    """One input. A null in a column that is not nullable holds the row instead of guessing.

    A column with a ``slot`` is asked for only where the programme feeds that slot.
    """

    dtype: type[pl.DataType]
    nullable: bool = False
    slot: str | None = None
    former: bool = False
    """Only packs of before read it, which are proved with it."""


@dataclass(frozen=True)
class Failure:
    """A reason a row is not paid in full. ``blocking`` pays nothing; otherwise only the reason is noted."""

    code: str
    holds: pl.Expr
    slot: str | None = None
    outcome: str = "not_eligible"
    blocking: bool = True


@dataclass(frozen=True)
class Computed:
    """The frame with its step columns, the amount due in fen, what speaks against paying, and columns to drop."""

    frame: pl.LazyFrame
    due: pl.Expr
    failures: Sequence[Failure]
    scratch: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """A step of the explanation: a label's code, its value, and the parameter it comes from."""

    code: str
    value: object
    unit: str
    source: Resolved | None = None
    words: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """What would be judged otherwise: a label's code, the changed row if one is known, and its month if a later one."""

    code: str
    row: Row | None
    words: Mapping[str, object] = field(default_factory=dict)
    month: Month | None = None


@dataclass(frozen=True)
class Kind:
    """A formula kind. ``compute`` gets the open rows' condition, so that refused rows use up no cap.

    ``told``: columns, as text, that rows may have besides: who is meant where the subject is a paper about him.
    """

    name: str
    slots: Mapping[str, Slot]
    inputs: Mapping[str, Column]
    steps: Mapping[str, type[pl.DataType]]
    codes: tuple[str, ...]
    compute: Callable[[Rules, pl.LazyFrame, pl.Expr], Computed]
    tell: Callable[[Rules, Sequence[Row]], list[Told]]
    alternatives: Callable[[Rules, Row], list[Change]]
    prepare: Callable[[Rules, pl.LazyFrame], pl.LazyFrame] | None = None
    told: tuple[str, ...] = ()
    reasons: Callable[[Rules, Sequence[Row]], Mapping[str, Text]] = lambda _rules, _rows: {}
    """Reasons told with the facts of these rows, by code; what is not named is told in the words of the labels."""
    own: frozenset[str] = frozenset()
    """Columns about one of several persons whom a line's rows are about; all others are about its subject."""

    def columns(self, programme: Programme) -> dict[str, Column]:
        """What a row of a programme carries: the columns this formula reads for it."""
        return {name: column for name, column in self.inputs.items() if column.slot in {None, *programme.uses}}
