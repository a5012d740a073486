"""What would change an answer: other facts, put through the same calculation."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import date
from typing import Any

import polars as pl

from services.subsidy.engine.calculate import calculate
from services.subsidy.engine.columns import columns_of
from services.subsidy.engine.conditions import mended
from services.subsidy.engine.derived import DECLARED, key_type
from services.subsidy.engine.kinds import kind_of
from services.subsidy.engine.kinds.base import Change, Kind, Row
from services.subsidy.engine.programme import Condition
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.wording import Words, both
from shared.clock import Month
from shared.money import to_yuan


def frame_of(rules: Rules, rows: Sequence[Row]) -> pl.DataFrame:
    """Plain values as the programme's input; what is not given is null."""
    columns: dict[str, Any] = {name: column.dtype for name, column in columns_of(rules.programme).items()}
    for _, name in rules.programme.mappings():
        source = rules.pack.content.parameters[name].over or ""
        values = [row[source] for row in rows if row.get(source) is not None]
        if values:
            columns.setdefault(source, key_type(values))
    told = [name for name in kind_of(rules).told if any(row.get(name) for row in rows)]
    marks = [name for name in ("disputed", DECLARED) if any(row.get(name) for row in rows)]
    columns |= dict.fromkeys(told, pl.String) | dict.fromkeys(marks, pl.Boolean)
    data = {name: [_plain(row.get(name), columns[name]) for row in rows] for name in columns}
    frame = pl.DataFrame(data, schema=columns)
    holds = [bool(row.get("on_hold")) for row in rows]
    return frame.with_columns(
        subject_id=pl.Series([str(row.get("subject_id")) for row in rows]), on_hold=pl.Series(holds, dtype=pl.Boolean)
    )


def _plain(value: object, dtype: object) -> object:
    return date.fromisoformat(value) if dtype is pl.Date and isinstance(value, str) else value


def condition_of(rules: Rules, code: str | None) -> Condition | None:
    """The declared condition a reason names."""
    return next((condition for condition in rules.programme.conditions if condition.code == code), None)


def what_would_change(rules: Rules, words: Words, judged: Sequence[Row], given: Sequence[Row]) -> list[dict[str, Any]]:
    """What would raise the amount, each possibility calculated like any other row."""
    kind, found, amount = kind_of(rules), [], sum(row["amount_fen"] for row in judged)
    judged = [{**told, **row} for told, row in zip(given, judged, strict=True)]
    for index, row in enumerate(judged):
        refused = condition_of(rules, row["reason"]) is not None
        for change in _remedies(rules, row) if refused else kind.alternatives(rules, row):
            if change.row is None:
                found.append(_change(words, change, rules.month, None))
                continue
            month, other = _judge(rules, everywhere(kind, judged, index, change.row), change)
            if other > amount:
                found.append(_change(words, change, month, to_yuan(other)))
    return list({str(item["text"]): item for item in found}.values())


def everywhere(kind: Kind, rows: Sequence[Row], index: int, changed: Row) -> list[Row]:
    """The rows of a line after a change of one: what is said of its subject holds for every row about the same.

    A home has one grade for all its residents; a level is a resident's own. Rows that stood otherwise stay as they are.
    """
    row = rows[index]
    new = {name: value for name, value in changed.items() if row.get(name) != value}
    gone = row.keys() - changed.keys()
    mark = "person_id" if kind.own & new.keys() else "home_id"

    def concerned(other: Row) -> bool:
        if other is row:
            return True
        refused = row["reason"] is not None and other["reason"] == row["reason"]
        alike = refused or all(other.get(name) == row.get(name) for name in new)
        return alike and other.get(mark) == row.get(mark) and (mark == "home_id" or _same(other, row))

    return [_without(gone, {**other, **new}) if concerned(other) else other for other in rows]


def _without(gone: Set[str], row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in gone}


def _same(one: Row, other: Row) -> bool:
    return bool(one.get("person_id")) or one.get("subject_id") == other.get("subject_id")


def _change(words: Words, change: Change, month: Month, amount: str | None) -> dict[str, Any]:
    text = both(words.step, change.code, {**change.words, "amount": amount, "month": month})
    return {"code": change.code, "amount": amount, "month": str(month), "text": text}


def _remedies(rules: Rules, row: Row) -> list[Change]:
    condition = condition_of(rules, row["reason"])
    if condition is None:
        return []
    changed = mended(rules, condition, row)
    return [Change("mended" if changed else "remedy", changed, {"remedy": condition.remedy})]


def _judge(rules: Rules, rows: Sequence[Row], change: Change) -> tuple[Month, int]:
    """The changed rows' month and amount; for a birthday to come, the first month in which the amount is higher."""
    now = _total(rules, rows, rules.month)
    if change.month is None:
        return rules.month, now
    for month in (change.month, change.month.next(), change.month.next().next()):
        amount = _total(rules, rows, month)
        if month >= rules.month and amount > now:
            return month, amount
    return rules.month, now


def _total(rules: Rules, rows: Sequence[Row], month: Month) -> int:
    frame = frame_of(rules, rows)
    result = calculate(rules.pack, rules.programme.code, month, frame, simulate=rules.simulate)
    return int(result["amount_fen"].sum())
