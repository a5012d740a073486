"""The rules of a life (生命历程规则): what the dates on one person's file may be, in whatever order they are told.

A life is a birth and the facts on its days. Each rule says of one fact what makes it impossible. A write is refused for
what it makes impossible: the fact that is told, or one on file that another birth or death leaves behind. What was
impossible before, from times without these rules, refuses nothing.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.registry.facts.domain import CARE_LEVEL, DEATH, RESIDENCE

REGISTRATION, ASSESSMENT, STAY, REPORT = "registration", "assessment", "stay", "report"
NAMES = {
    REGISTRATION: ("registration", "登记"),
    RESIDENCE: ("household register", "户籍"),
    DEATH: ("death", "死亡"),
    REPORT: ("report of the death", "死亡报告"),
    ASSESSMENT: ("ability assessment", "能力评估"),
    STAY: ("stay in an institution", "入住"),
    CARE_LEVEL: ("care level", "护理等级"),
    "living_alone": ("living alone", "独居"),
    "empty_nest": ("empty nest", "空巢"),
    "left_behind": ("left behind", "留守"),
    "family_planning_special": ("family planning special family", "计划生育特殊家庭"),
    "dementia": ("dementia", "失智"),
    "income": ("economic status", "经济状况"),
    "disability": ("disability", "残疾等级"),
}
"""Every kind of fact in a life, in English and Chinese."""


class Span(NamedTuple):
    """A fact on its days, both included. On file it has an id; what is told has a place in the request."""

    kind: str
    since: date
    until: date | None = None
    id: UUID | None = None
    place: str = ""
    region: str = ""
    floor: date | None = None
    """It cannot begin before this day: a stay before its home was run, a care level before its stay."""


@dataclass(frozen=True, slots=True)
class Life:
    """A person's birth and facts, as on file or as they would be."""

    born: date
    today: date
    least_age: int
    """Full years that somebody has on the day of registration."""
    facts: tuple[Span, ...] = ()

    @property
    def died(self) -> date | None:
        """The day of death."""
        return next((span.since for span in self.facts if span.kind == DEATH), None)

    def saying(self, *told: Span) -> "Life":
        """The life with facts that are told: each takes the place of the one with its id, and one dies only once."""
        ids = {span.id for span in told if span.id}
        dies = any(span.kind == DEATH for span in told)
        kept = (one for one in self.facts if one.id not in ids and not (dies and one.kind == DEATH))
        return replace(self, facts=(*kept, *told))

    def without(self, ids: Set[UUID]) -> "Life":
        """The life without some facts on file."""
        return replace(self, facts=tuple(one for one in self.facts if one.id not in ids))


@dataclass(frozen=True)
class Rule:
    """What cannot be of a fact; `{it}` in its texts is the fact, `{age}` the least age."""

    code: str
    en: str
    zh: str
    kinds: frozenset[str]
    broken: Callable[[Span, Life, date | None], bool]
    """By the fact, its life and the day of death."""


def _overlaps(span: Span, life: Life, _died: date | None) -> bool:
    return any(
        (one.until is None or span.since <= one.until) and (span.until is None or one.since <= span.until)
        for one in life.facts
        if one.kind == STAY and one is not span
    )


def age_on(birth_date: date, day: date) -> int:
    """Full years on `day` (周岁); somebody born on 29 February completes a year on 1 March."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def _in_the_future(span: Span, life: Life, _died: date | None) -> bool:
    return span.since > life.today or (span.kind in ENDED and span.until is not None and span.until > life.today)


def _ends_after_death(span: Span, _life: Life, died: date | None) -> bool:
    return died is not None and span.since <= died and span.until is not None and span.until > died


def _too_young(span: Span, life: Life, died: date | None) -> bool:
    return age_on(life.born, min(span.since, died or span.since)) < life.least_age


ALL = frozenset(NAMES)
LIVED = ALL - {DEATH, REPORT, REGISTRATION}
ENDED = frozenset({RESIDENCE, STAY})
"""Kinds whose last day has happened; that of a certificate may be told in advance."""
RULES = (
    Rule(
        *("order", "{it} ends before it begins.", "{it}的结束日期早于开始日期。", ALL),
        lambda span, _life, _died: span.until is not None and span.until < span.since,
    ),
    Rule(
        *("before_birth", "{it} lies before the date of birth.", "{it}早于出生日期。", ALL),
        lambda span, life, _died: span.since < life.born,
    ),
    Rule("future", "{it} lies in the future.", "{it}晚于今天。", ALL, _in_the_future),
    Rule(
        *("after_death", "{it} lies after the death.", "{it}晚于死亡日期。", LIVED),
        lambda span, _life, died: died is not None and span.since > died,
    ),
    Rule("ends_after_death", "{it} ends after the death.", "{it}的结束日期晚于死亡日期。", ENDED, _ends_after_death),
    Rule(
        *("early_report", "{it} lies before the death.", "{it}早于死亡日期。", frozenset({REPORT})),
        lambda span, _life, died: died is not None and span.since < died,
    ),
    Rule(
        *("too_young", "A senior is registered from {age} full years on.", "登记为老年人须年满{age}周岁。"),
        *(frozenset({REGISTRATION}), _too_young),
    ),
    Rule(
        *("before_stay", "{it} lies before the stay.", "{it}早于入住日期。", frozenset({CARE_LEVEL})),
        lambda span, _life, _died: span.floor is not None and span.since < span.floor,
    ),
    Rule(
        *(
            "before_opening",
            "{it} lies before the first day of the home on file.",
            "{it}早于该机构最早的运营日期。",
        ),
        *(frozenset({STAY}), lambda span, _life, _died: span.floor is not None and span.since < span.floor),
    ),
    Rule("overlap", "{it} overlaps another stay.", "{it}与其他入住记录重叠。", frozenset({STAY}), _overlaps),
)
_OF_KIND = {kind: tuple(rule for rule in RULES if kind in rule.kinds) for kind in NAMES}


@dataclass(frozen=True)
class Contradiction:
    """One fact that one rule forbids."""

    rule: Rule
    span: Span

    @property
    def key(self) -> tuple[str, str, UUID | str]:
        """By which it is known again after a write."""
        return self.rule.code, self.span.kind, self.span.id or self.span.place

    def text(self, life: Life, *, hidden: bool = False) -> tuple[str, str]:
        """What is wrong, in English and Chinese; a fact on file is named by kind and day, unless it is hidden."""
        en, zh = "It", "该日期"
        if self.span.id and not self.span.place:
            name, name_zh = NAMES[self.span.kind]
            en, zh = f"The {name} of {self.span.since} on file", f"档案中{self.span.since}的{name_zh}记录"
            if hidden:
                en, zh = "A fact on file elsewhere", "其他区域或机构的记录"
        return self.rule.en.format(it=en, age=life.least_age), self.rule.zh.format(it=zh, age=life.least_age)


def contradictions(life: Life) -> list[Contradiction]:
    """Everything in a life that cannot be."""
    died = life.died
    return [
        Contradiction(rule, span)
        for span in life.facts
        for rule in _OF_KIND[span.kind]
        if rule.broken(span, life, died)
    ]


def arising(before: Life | None, after: Life) -> list[Contradiction]:
    """What cannot be in `after` and was not so in `before`."""
    known = {one.key for one in contradictions(before)} if before else set()
    return [one for one in contradictions(after) if one.key not in known]
