"""What the register's assessments say of whom an application is about, held against what was typed 评估等级与填报核对.

A valid assessment counts, whatever was typed; what was typed counts, and is told as such, only where the register
knows none. An assessment that has ended leaves nothing to pay by until the next. What contradicts an assessment that
stood when the application began is held; a later assessment is news, and counts by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson
import polars as pl

from services.subsidy.engine import Pack, judged_on, reference_day
from services.subsidy.engine.derived import ASSESSED_FACTS, DECLARED, LEVELS, NEEDS_REASSESSMENT, in_words
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.values import Resolved
from shared.clock import Month

CONTRADICTED = "contradicted"
"""The column with what a row says and the register denies, as JSON; null where nothing is."""
_SCALES = dict(zip(("gbt42195", "mzt039"), LEVELS, strict=True))
Row = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """An assessment of the register: its level, the column of its standard, its day, whether it still counts."""

    level: int
    over: str
    since: date
    valid: bool


@dataclass(frozen=True)
class Asking:
    """A programme in a month: by which levels it pays, and for how long the law lets an assessment count."""

    pack: Pack
    law: Programme
    month: Month
    columns: Mapping[str, Mapping[str, Resolved]]
    """By derived column, the decided mapping of each standard."""
    asked: Sequence[str]
    """The columns that say whether there is a valid assessment."""
    months: int | None

    @classmethod
    def of(cls, pack: Pack, law: Programme, month: Month) -> Asking:
        """What a programme reads of assessments; nothing where it reads none, or nobody has translated them."""
        columns: dict[str, dict[str, Resolved]] = {}
        for column, name in law.mappings():
            mapping = pack.resolve(name, month.first)
            if mapping and mapping.parameter.over in LEVELS:
                columns.setdefault(column, {})[mapping.parameter.over] = mapping
        decided = pack.resolve(law.validity, month.first) if law.validity else None
        asked = [name for name in ASSESSED_FACTS if name in law.inputs]
        return cls(pack, law, month, columns, asked, decided.number if decided else None)

    def known(self, told: Sequence[Mapping[str, Any]], row: Row) -> Known | None:
        """The assessment a row is judged by: the newest that counts, otherwise the newest there was.

        It counts on the day of the service, or on the law's reference day; without one, on any day of the month.
        """
        day = row.get("service_date")
        first_day = day or reference_day(self.pack, self.law.code, self.month)
        last_day = day or judged_on(self.pack, self.law.code, self.month)
        found = [
            Known(each["level"], over, since, self._counts(since, each.get("valid_to"), first_day))
            for each in told
            if each["level"] is not None and (over := _over(each["scale"]))
            if (since := date.fromisoformat(each["valid_from"])) <= last_day
        ]
        return max(found, key=lambda each: (each.valid, each.since), default=None)

    def _counts(self, since: date, until: str | None, first_day: date) -> bool:
        """Whether an assessment reaches a day, and the law's months reach the month."""
        reaches = until is None or date.fromisoformat(until) >= first_day
        if self.months is None:
            return reaches
        ended = Month.of(since).plus(self.months)
        return reaches and (ended > self.month or (ended == self.month and since.day > 1))


@dataclass
class Read:
    """A row after the register was asked."""

    row: Row
    declared: bool = True
    denied: list[dict[str, Any]] = field(default_factory=list)


def _over(scale: str) -> str | None:
    return next((over for prefix, over in _SCALES.items() if scale.startswith(prefix)), None)


def hold_against(pack: Pack, law: Programme, month: Month, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of applications with the register's levels in the place of typed ones; what it denies is ``disputed``."""
    asking = Asking.of(pack, law, month)
    disputed = pl.col("disputed").fill_null(value=False)
    if frame["abilities"].is_null().all() or not (asking.columns or asking.asked):
        nothing = pl.lit(None, pl.String).alias(CONTRADICTED)
        return frame.drop("abilities").with_columns(nothing, disputed=disputed)
    read = [_read(asking, row) for row in frame.iter_rows(named=True)]
    denied = [orjson.dumps(each.denied).decode() if each.denied else None for each in read]
    return (
        frame.drop("abilities")
        .with_columns(
            *_columns(asking, frame, read),
            pl.Series(CONTRADICTED, denied, dtype=pl.String),
            pl.Series(DECLARED, [each.declared for each in read], dtype=pl.Boolean),
        )
        .with_columns(disputed=disputed | pl.col(CONTRADICTED).is_not_null().any().over("application_id"))
    )


def denied(
    pack: Pack, law: Programme, month: Month, rows: Sequence[Row], abilities: str | None
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """What the register denies of an application that begins in a month, by the number of the row."""
    asking = Asking.of(pack, law, month)
    for number, row in enumerate(rows, start=1):
        day = row.get("service_date")
        told = row | {"service_date": date.fromisoformat(day)} if day else row
        read = _read(asking, told | {"abilities": abilities, "applied_from": month.first})
        if read.denied:
            yield number, read.denied


def _columns(asking: Asking, frame: pl.DataFrame, read: Sequence[Read]) -> Iterator[pl.Series]:
    """The columns that the register has a say in, in the types they have or get."""
    overs = dict.fromkeys(over for mappings in asking.columns.values() for over in mappings)
    for name in (*overs, *asking.columns, *asking.asked):
        values = [each.row.get(name) for each in read]
        dtype = frame.schema.get(name) or (pl.Int64() if name in overs else pl.String())
        if name in frame.columns or any(value is not None for value in values):
            yield pl.Series(name, values, strict=False).cast(dtype) if values else pl.Series(name, [], dtype=dtype)


def _read(asking: Asking, row: Row) -> Read:
    known = asking.known(orjson.loads(row["abilities"] or "[]"), row)
    read = Read(dict(row))
    if known is None:
        return read
    begins = Month.of(row["applied_from"])
    for name in asking.asked:
        if row.get(name) and not known.valid and begins == asking.month:
            read.denied.append({"name": name, "told": True, "known": False})
        read.row[name] = known.valid
    for column, mappings in asking.columns.items():
        if known.over in mappings:
            told = _typed_word(column, mappings, row)
            word = in_words(mappings[known.over], known.level) if known.valid else NEEDS_REASSESSMENT
            if told not in {None, word} and word != NEEDS_REASSESSMENT and known.since <= begins.last:
                read.denied.append({"name": column, "told": told, "known": word})
            read.row |= dict.fromkeys(mappings)
            read.row |= {known.over: known.level} if known.valid else {column: word}
            read.declared = False
    return read


def _typed_word(column: str, mappings: Mapping[str, Resolved], row: Row) -> str | None:
    """What an application says of a level, in the document's words."""
    words = (in_words(mapping, row[over]) for over, mapping in mappings.items() if row.get(over) is not None)
    return next(words, row.get(column))
