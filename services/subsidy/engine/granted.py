"""What the law grants already while something else is undecided: what a family wants to hear first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from services.subsidy.engine import printed
from services.subsidy.engine.model import Dated, Parameter, Text
from services.subsidy.engine.values import is_money

if TYPE_CHECKING:
    from services.subsidy.engine.pack import Pack
    from services.subsidy.engine.rules import Rules

_LIMIT = {"floor": Text(zh="不低于", en="at least "), "ceiling": Text(zh="不超过", en="at most ")}
_NO_LIMIT = Text(zh="", en="")
_PREFECTURES = range(21, 51)
"""The third and fourth digit of a region code are among these for prefectures 州, by GB/T 2260."""
_OTHERS = {
    "city": Text(zh="市里", en="the city"),
    "prefecture": Text(zh="州里", en="the prefecture"),
    "district": Text(zh="县(市、区)", en="the district"),
}


def granted(rules: Rules, rows: Sequence[dict[str, Any]]) -> Text | None:
    """The first amount that stands, with whoever set it; of a scale by age the step of whom it is about. None: none."""
    pack = rules.pack
    for _, name in rules.programme.slots():
        parameter = pack.content.parameters[name]
        found = _standing(rules, parameter) if is_money(parameter.unit) else None
        if found:
            dated, own = found
            who = _OTHERS["district" if own else _level(pack)]
            limit = _LIMIT.get(parameter.semantics, _NO_LIMIT) if not own else _NO_LIMIT
            return _said(who, limit, *_figures(rules, parameter, dated, rows))
    return None


def _said(who: Text, limit: Text, figures: Text, one: bool) -> Text:  # of a pair
    if one:
        return Text(zh=f"{who.zh}规定{limit.zh}{figures.zh}", en=f"{who.en} grants {limit.en}{figures.en}")
    zh, en = f"({limit.zh})" if limit.zh else "", f" ({limit.en.strip()})" if limit.en else ""
    return Text(zh=f"{who.zh}规定的标准{zh}是{figures.zh}", en=f"{who.en}'s standard{en} is {figures.en}")


def _level(pack: Pack) -> str:
    return "prefecture" if int(pack.region[2:4]) in _PREFECTURES else "city"


def _standing(rules: Rules, parameter: Parameter) -> tuple[Dated, bool] | None:
    """A value in force, or that will be once its document counts; and whether it is the district's own."""
    resolved = rules.pack.resolve(parameter.id, rules.month.first)
    if resolved:
        return resolved.dated, resolved.source.document != parameter.document
    waits = (each for each in parameter.values if each.since == "document")
    return next(((each, False) for each in waits), None)


def _figures(rules: Rules, parameter: Parameter, dated: Dated, rows: Sequence[dict[str, Any]]) -> tuple[Text, bool]:
    """The figures in words, and whether it is one."""
    labels, born = rules.pack.content.labels, {row.get("birth_date") for row in rows}
    age = _age(born.pop(), rules.month.last) if len(born) == 1 and parameter.over is None else None
    for band in dated.bands or ():
        if age is not None and band.at_least <= age and (band.at_most is None or age <= band.at_most):
            amount = printed.amount(band.value, parameter.unit, labels)
            step = printed.reach(band.at_least, band.at_most, None, labels)
            return Text(zh=f"{amount.zh}({step.zh})", en=f"{amount.en} ({step.en})"), True
    return printed.value(parameter, dated, labels), dated.value is not None


def _age(born: object, day: date) -> int | None:
    if not isinstance(born, date):
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
