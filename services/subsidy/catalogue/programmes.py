"""The benefits of a region: what the law says of each, and whether it can be paid."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from services.subsidy.catalogue.parts import binding, column, source, undecided, word
from services.subsidy.catalogue.reading import Law, no_rule
from services.subsidy.catalogue.rule_schemas import ConditionOut, NeedOut, ObstacleOut, ProgrammeOut, RuleOut
from services.subsidy.engine.columns import columns_of
from services.subsidy.engine.model import Parameter, Text
from services.subsidy.engine.programme import Condition, Programme
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.wording import Words
from shared.clock import Month

AVAILABILITY = {
    "known": Text(zh="有规定", en="the law knows it"),
    "not_in_available_text": Text(
        zh="现有文本中没有;文本不完整,不能说没有规定",
        en="not in the available text, which is incomplete; that does not mean that there is no rule",
    ),
    "no_rule": Text(zh="本地文件没有这项规定", en="the documents of this place have no such rule"),
}
_TYPES = {pl.Date: "date", pl.Boolean: "yes_no", pl.String: "code", pl.Int64: "number"}


def programmes(law: Law) -> list[ProgrammeOut]:
    """Every benefit of the region, and those that only other places know."""
    elsewhere = [_unknown(law, code, name) for code, name in law.known_elsewhere.items()]
    return [*(_known(law, programme) for programme in law.pack.programmes.values()), *elsewhere]


def programme(law: Law, code: str) -> ProgrammeOut:
    """One benefit. RuleNotFound when no pack in use knows it."""
    if code in law.pack.programmes:
        return _known(law, law.pack.programmes[code])
    name = law.known_elsewhere.get(code)
    if name is None:
        raise no_rule(code)
    return _unknown(law, code, name)


def _unknown(law: Law, code: str, name: Text) -> ProgrammeOut:
    found = law.pack.available(code)
    return ProgrammeOut(
        code=code,
        name=law.say(name),
        availability=found,
        availability_text=law.say(AVAILABILITY[found]),
        payable=False,
        obstacles=[ObstacleOut(code=found, text=law.say(AVAILABILITY[found]), undecided=None)],
        rule=None,
    )


def _known(law: Law, programme: Programme) -> ProgrammeOut:
    obstacles = list(_obstacles(law, programme))
    return ProgrammeOut(
        code=programme.code,
        name=law.say(programme.name),
        availability="known",
        availability_text=law.say(AVAILABILITY["known"]),
        payable=not obstacles,
        obstacles=obstacles,
        rule=_rule(law, programme),
    )


def _obstacles(law: Law, programme: Programme) -> Iterator[ObstacleOut]:
    """Everything that keeps it from being paid: a draft, a missing date, and every decision that nobody has taken."""
    rules, words = Rules(law.pack, programme, Month.of(law.on)), Words(law.pack.content.labels)
    counts = law.pack.effective_on(programme.document) is not None
    reasons = [rules.shut[1]] if rules.shut and rules.shut[1] not in law.pack.content.parameters else []
    if not counts and "effective_date_missing" not in reasons:
        reasons.append("effective_date_missing")
    for reason in reasons:
        yield ObstacleOut(code=reason, text=words.reason(reason, None)[law.lang], undecided=None)
    for parameter in rules.missing if counts else _never_decided(rules):
        text = words.reason(parameter.id, parameter.label)[law.lang]
        yield ObstacleOut(code=parameter.id, text=text, undecided=undecided(law, parameter))


def _never_decided(rules: Rules) -> Iterator[Parameter]:
    """Before a document counts nothing is in force; what will still be missing then has no value at all."""
    for parameter in rules.missing:
        if not parameter.values and parameter.id not in rules.pack.content.local:
            yield parameter


def _rule(law: Law, programme: Programme) -> RuleOut:
    columns = columns_of(programme).items()
    return RuleOut(
        force=binding(law, programme),
        form=word(law, programme.form),
        beneficiary=word(law, programme.beneficiary),
        payee=word(law, programme.payee),
        formula=word(law, programme.kind),
        needs=[_need(law, name, _TYPES[each.dtype], optional=each.nullable) for name, each in columns],
        conditions=[_condition(law, condition) for condition in programme.conditions],
        parameters=[*programme.parameters(), *(name for _, name in programme.mappings())],
        note=law.maybe(programme.note),
        source=source(law, programme),
    )


def _need(law: Law, name: str, kind: str, *, optional: bool) -> NeedOut:
    fact = column(law, name)
    return NeedOut.model_validate({"column": name, "name": fact.name, "type": kind, "optional": optional})


def _condition(law: Law, condition: Condition) -> ConditionOut:
    return ConditionOut(
        code=condition.code,
        name=law.say(condition.label),
        otherwise=word(law, condition.outcome),
        remedy=law.say(condition.remedy),
        parameter=condition.parameter,
        source=source(law, condition),
    )
