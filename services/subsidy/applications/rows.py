"""The rows of an application: checked one by one when they come in, read into a frame when they are calculated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from services.subsidy.applications import bounds
from services.subsidy.applications.columns import FILLED, Asked, asked
from services.subsidy.applications.domain import shape_of
from services.subsidy.engine import Pack
from shared.clock import Month
from shared.errors import FieldError
from shared.money import to_fen

MOST = 10**12
"""No count, score or amount in fen is larger: what is, is a slip of the pen and would not fit into a sum."""
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)
Row = Mapping[str, Any]


class UnfitError(ValueError):
    """A value that does not fit its column: ``code``, and why in English and Chinese."""

    def __init__(self, code: str, en: str, zh: str) -> None:
        super().__init__(en)
        self.code, self.en, self.zh = code, en, zh


def _date(value: object) -> str:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2026-10-01") else None
    except ValueError:
        day = None
    if day is None or not FIRST <= day <= LAST:
        raise UnfitError("date", "a date is written YYYY-MM-DD", "日期格式为 YYYY-MM-DD")
    return day.isoformat()


def _yes_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise UnfitError("yes_no", "this is true or false", "应为 true 或 false")
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise UnfitError("number", "this is a whole number, not negative", "应为非负整数")
    return value


def _money(value: object) -> str:
    try:
        fen = to_fen(value) if isinstance(value, str) else -1
    except ValueError:
        fen = -1
    if not 0 <= fen <= MOST:
        raise UnfitError("money", "an amount is a text in yuan, such as 37.50", "金额为以元为单位的字符串,如 37.50")
    return str(value)


def _code(value: object) -> str:
    if not isinstance(value, str):
        raise UnfitError("code", "this is a code, as text", "应为代码(字符串)")
    return value


def _level(value: object) -> int | str:
    return _code(value) if isinstance(value, str) else _number(value)


_READERS: Mapping[str, Callable[[object], Any]] = {
    "date": _date,
    "yes_no": _yes_no,
    "number": _number,
    "money": _money,
    "code": _code,
    "level": _level,
}


def check(pack: Pack, programme: str, rows: Sequence[Row], months: tuple[Month, Month | None]) -> list[FieldError]:
    """Everything wrong with the rows, by JSON pointer; nothing when they can be calculated."""
    columns, shape = asked(pack, programme), shape_of(pack.programmes[programme].kind)
    found = [error for number, row in enumerate(rows) for error in _row(pack, columns, row, f"/rows/{number}", months)]
    if not found:
        found += [error for number, row in enumerate(rows) for error in bounds.orders(row, f"/rows/{number}")]
        found += bounds.sums(columns, rows, months)
    if len(rows) > 1 and not shape.several:
        found.append(FieldError.of("/rows", "one_row", "This programme takes one row.", "该项目只接受一行。"))
    if shape.apart:
        found += _apart(rows, shape.apart)
    return [*found, *_within(rows, months)] if "service_date" in columns else found


def _row(pack: Pack, columns: Mapping[str, Asked], row: Row, place: str, months: bounds.Months) -> list[FieldError]:
    found = []
    for name, value in row.items():
        where = f"{place}/{name}"
        if name in FILLED:
            found.append(FieldError.of(where, "known_already", "The system fills this in.", "此项由系统填写。"))
        elif name not in columns:
            found.append(FieldError.of(where, "unknown_column", "There is no such column.", "该项目没有此列。"))
        elif value is not None and (error := _unfit(pack, columns[name], value)):
            found.append(FieldError.of(where, error.code, f"{error.en[0].upper()}{error.en[1:]}.", f"{error.zh}。"))
        elif value is not None and (beyond := bounds.beyond(columns[name], value, where, months)):
            found.append(beyond)
    given = {name for name, value in row.items() if value is not None}
    for name, column in columns.items():
        if column.needed and given.isdisjoint(column.either or (name,)):
            instead = ", ".join(column.either[1:])
            en = f"{name} is missing" + (f"; {instead} may be given instead." if instead else ".")
            zh = f"缺少{column.label.zh}({name})" + (f",也可以填写{instead}。" if instead else "。")
            found.append(FieldError.of(f"{place}/{name}", "missing", en, zh))
    return found


def _unfit(pack: Pack, column: Asked, value: object) -> UnfitError | None:
    try:
        read = _READERS[column.type](value)
    except UnfitError as error:
        return error
    if isinstance(read, str) and column.type in {"code", "level"} and read not in pack.content.labels.codes:
        return UnfitError("unknown_code", "nobody knows this code", "没有这个代码")
    return None


def _apart(rows: Sequence[Row], column: str) -> list[FieldError]:
    seen, found = set[str](), []
    for number, row in enumerate(rows):
        value = str(row.get(column))
        if value in seen:
            en, zh = "Another row is about the same.", "与另一行重复。"
            found.append(FieldError.of(f"/rows/{number}/{column}", "twice", en, zh))
        seen.add(value)
    return found


def _within(rows: Sequence[Row], months: tuple[Month, Month | None]) -> list[FieldError]:
    """What was done on a day belongs to the application's month."""
    found, (first, last) = [], months
    for number, row in enumerate(rows):
        try:
            day = date.fromisoformat(_date(row.get("service_date")))
        except UnfitError:
            continue
        if day < first.first or (last is not None and day > last.last):
            en, zh = "The day lies outside the months applied for.", "日期不在申请的月份之内。"
            found.append(FieldError.of(f"/rows/{number}/service_date", "outside_month", en, zh))
    return found


def plain(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as they are kept: nothing said is not said."""
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def value_of(column: Asked, given: object) -> object:
    """A kept value as the engine reads it; what cannot be read any more is null, which holds the row."""
    if given is None:
        return None
    try:
        read = _READERS[column.type](given)
    except UnfitError:
        return None
    if column.type == "money":
        return to_fen(read)
    if column.type == "date":
        return date.fromisoformat(read)
    return str(read) if column.type == "level" else read
