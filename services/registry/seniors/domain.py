"""A senior (老年人) as the register sees one: dated facts, and the status that follows from them."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from services.registry.facts.domain import DEATH, RESIDENCE, Fact, Statement

YES_NO = frozenset({"yes", "no"})
CIRCUMSTANCES: Mapping[str, frozenset[str]] = {
    "living_alone": YES_NO,  # 独居
    "empty_nest": YES_NO,  # 空巢
    "left_behind": YES_NO,  # 留守
    "family_planning_special": YES_NO,  # 计划生育特殊家庭
    "dementia": YES_NO,  # 失智
    "income": frozenset(
        {"extremely_poor", "subsistence_allowance", "marginal", "ordinary"}
    ),  # 特困、低保、低保边缘、一般
    "disability": frozenset({"none", "1", "2", "3", "4"}),  # 残疾等级
}
"""Kinds of circumstances (老年人情况) and the values each may have."""


class Status(StrEnum):
    """Where a senior's file stands (档案状态)."""

    ACTIVE = "active"  # 在册
    DECEASED = "deceased"  # 死亡
    MOVED_OUT = "moved_out"  # 迁出


def status_of(facts: Iterable[Fact], day: date) -> Status:
    """The status on `day` by the facts that count: a death outranks a move; no residence any more is a move away."""
    counted = list(facts)
    if any(fact.kind == DEATH and fact.valid_from <= day for fact in counted):
        return Status.DECEASED
    lives_here = any(f.kind == RESIDENCE and (f.valid_to is None or f.valid_to >= day) for f in counted)
    return Status.ACTIVE if lives_here else Status.MOVED_OUT


def residence(region: str, since: date, source: str) -> Statement:
    """Household register in a region from a day on (户籍地)."""
    return Statement(RESIDENCE, region, since, None, source)


def death(died_on: date, reported_on: date, source: str) -> Statement:
    """A death (死亡): the fact holds from the day of death, its value is the day it was reported."""
    return Statement(DEATH, reported_on.isoformat(), died_on, None, source)
