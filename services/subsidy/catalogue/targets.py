"""Targets with how they stand, and what a person may have together."""

from __future__ import annotations

from itertools import combinations

from services.subsidy.catalogue.parts import binding, source, undecided, unit, word
from services.subsidy.catalogue.reading import Law
from services.subsidy.catalogue.rule_schemas import PairOut, QuotaOut, TargetOut
from services.subsidy.catalogue.schemas import Word
from services.subsidy.engine import printed
from services.subsidy.engine.model import Text
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.targets import Target, state

UNDECIDED = Text(
    zh="能否同时享受尚未规定,未决定前不能同时发放",
    en="nobody has decided whether both may be had; until then they are not paid together",
)
PERSONS = {"senior", "household"}
"""The beneficiaries who are one and the same person."""
_WANTED = {
    "at_least": Text(zh="不低于{figure}", en="at least {figure}"),
    "more_than": Text(zh="超过{figure}", en="more than {figure}"),
    "at_most": Text(zh="不超过{figure}", en="at most {figure}"),
    "equal": Text(zh="{figure}", en="{figure}"),
}


def targets(law: Law) -> list[TargetOut]:
    """Every target, those whose date has passed among them."""
    return [_target(law, each) for each in law.pack.content.targets.values()]


def _target(law: Law, target: Target) -> TargetOut:
    due = target.due()
    return TargetOut(
        id=target.id,
        name=law.say(target.label),
        indicator=target.indicator,
        op=target.op,
        value=None if target.value is None else f"{target.value.normalize():f}",
        unit=unit(law, target.unit),
        wanted=_wanted(law, target),
        scope=law.maybe(target.scope),
        due_on=due,
        due_text=target.due_text,
        year_end_assumed=target.year_end_assumed,
        past_due=due is not None and law.on > due,
        force=binding(law, target),
        state=word(law, state(target, law.on, None)),
        quotas=[
            QuotaOut(year=year, due_on=target.due(year), state=word(law, state(target, law.on, None, year=year)))
            for year in target.years
        ],
        source=source(law, target),
    )


def _wanted(law: Law, target: Target) -> str | None:
    if target.value is None or target.op not in _WANTED:
        return None
    figure = printed.amount(target.value, target.unit, law.pack.content.labels)
    return law.say(_WANTED[target.op]).format(figure=law.say(figure))


def stacking(law: Law) -> list[PairOut]:
    """Every pair of benefits for one person: what was decided, or that nobody has."""
    theirs = [each for each in law.pack.programmes.values() if each.beneficiary in PERSONS]
    return [_pair(law, first, second) for first, second in combinations(theirs, 2)]


def _pair(law: Law, first: Programme, second: Programme) -> PairOut:
    pack = law.pack
    decided = pack.relation(first.code, second.code, law.on)
    if decided and pack.counted(second.code, first.code):
        first, second = second, first
    asked = pack.pairing(first.code, second.code)
    return PairOut(
        first=Word(code=first.code, name=law.say(first.name)),
        second=Word(code=second.code, name=law.say(second.name)),
        relation=word(law, decided.choice) if decided else None,
        text=law.word(decided.choice) if decided else law.say(UNDECIDED),
        undecided=undecided(law, asked) if asked and not decided else None,
        source=source(law, decided.source) if decided else None,
    )
