"""Values of the law as people read them: dates, amounts, scales and lists in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from services.subsidy.engine.model import Dated, Document, Labels, Parameter, Text
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.targets import Target
from services.subsidy.engine.values import is_money
from shared.clock import Month

UNDECIDED = Text(zh="尚未规定", en="not decided")
NO_UNIT = {"decision", "list", "date", "mapping"}
AGE = "age"
DRAFT = "draft"


def joined(texts: Iterable[Text]) -> Text:
    """Several in one line."""
    parts = list(texts)
    return Text(zh="、".join(part.zh for part in parts), en=", ".join(part.en for part in parts))


def listed(texts: Iterable[Text]) -> Text:
    """Several that hold commas themselves."""
    parts = list(texts)
    return Text(zh=";".join(part.zh for part in parts), en="; ".join(part.en for part in parts))


def on_day(day: date) -> Text:
    """A day as people say it."""
    return Text(zh=f"{day.year}年{day.month}月{day.day}日", en=f"{day.day} {day:%B} {day.year}")


def in_month(month: Month) -> Text:
    """A month as people say it."""
    return Text(zh=f"{month.year}年{month.month}月", en=f"{month.first:%B} {month.year}")


def word(code: str | int, labels: Labels) -> Text:
    """What a code is called; the code itself where nobody gave it a name."""
    return labels.codes.get(str(code)) or Text(zh=str(code), en=str(code))


def column(name: str | None, labels: Labels) -> Text:
    """What a column is called."""
    return labels.columns.get(name or "") or Text(zh=name or "", en=name or "")


def amount(value: Decimal, unit: str, labels: Labels) -> Text:
    """A figure with its unit: money with two places, everything else as short as it is."""
    figure = f"{value:.2f}" if is_money(unit) else f"{value.normalize():f}"
    if unit in NO_UNIT:
        return Text(zh=figure, en=figure)
    name = labels.units.get(unit) or Text(zh=unit, en=unit)
    gap = "" if name.en.startswith("%") else " "
    return Text(zh=f"{figure}{name.zh}", en=f"{figure}{gap}{name.en}")


def force(rule: Programme | Parameter | Target, documents: Mapping[str, Document]) -> str:
    """How much a rule binds, by its code; what stands in a draft for comment binds nobody yet, whatever it says."""
    return DRAFT if documents[rule.document].status == DRAFT else rule.force


def reach(at_least: int, at_most: int | None, over: str | None, labels: Labels) -> Text:
    """A step of a scale, both ends included: ages by themselves, everything else with its column."""
    single = at_most == at_least
    if over in (None, AGE):
        zh = f"{at_least}周岁以上" if at_most is None else f"{at_least}周岁" if single else f"{at_least}至{at_most}周岁"
        en = f"{at_least} years and over" if at_most is None else f"{at_least} to {at_most} years"
        return Text(zh=zh, en=f"{at_least} years" if single else en)
    name = column(over, labels)
    zh = f"{at_least}以上" if at_most is None else f"{at_least}" if single else f"{at_least}至{at_most}"
    en = f"{at_least} and over" if at_most is None else f"{at_least}" if single else f"{at_least} to {at_most}"
    return Text(zh=f"{name.zh}{zh}", en=f"{name.en} {en}")


def key(value: str | int, over: str | None, labels: Labels) -> Text:
    """A key of a table: a code by its name, a number with its column."""
    if isinstance(value, str):
        return word(value, labels)
    name = column(over, labels)
    return Text(zh=f"{name.zh}{value}", en=f"{name.en} {value}")


def value(parameter: Parameter, dated: Dated, labels: Labels) -> Text:
    """A whole value in one line."""
    rows = _rows(parameter, dated, labels)
    if rows:
        return listed(Text(zh=f"{name.zh}:{text.zh}", en=f"{name.en}: {text.en}") for name, text in rows)
    if dated.members is not None:
        return joined(word(code, labels) for code in dated.members)
    if dated.day is not None:
        return on_day(dated.day)
    if dated.choice is not None:
        return word(dated.choice, labels)
    return amount(dated.value or Decimal(0), parameter.unit, labels)


def _rows(parameter: Parameter, dated: Dated, labels: Labels) -> Sequence[tuple[Text, Text]]:
    """The lines of a scale, a table or a mapping."""
    unit, over = parameter.unit, parameter.over
    bands = [(reach(b.at_least, b.at_most, over, labels), amount(b.value, unit, labels)) for b in dated.bands or ()]
    table = [(key(k, over, labels), amount(v, unit, labels)) for k, v in (dated.table or {}).items()]
    return bands + table + [(key(k, over, labels), word(v, labels)) for k, v in (dated.mapping or {}).items()]
