"""Organisations (机构): which kinds there are and what each may have on file."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from services.registry.facts.domain import Fact, Statement

MODE, GRADE = "operation_mode", "grade"


class Kind(StrEnum):
    """What an organisation does (机构类别)."""

    INSTITUTION = "institution"  # 养老机构
    MEAL_VENDOR = "meal_vendor"  # 助餐服务商
    COMMUNITY_CENTRE = "community_centre"  # 社区居家养老服务中心
    ASSESSOR = "assessor"  # 能力评估机构


class Mode(StrEnum):
    """Who built and who runs an institution (运营方式)."""

    PRIVATE = "private"  # 民办
    PUBLIC_BUILT_PRIVATE_RUN = "public_built_private_run"  # 公建民营
    PUBLIC = "public"  # 公办


GRADED = frozenset({Kind.INSTITUTION, Kind.COMMUNITY_CENTRE})
"""Kinds that have beds, a mode of operation and a grade."""
CONTRACTED = frozenset({Kind.MEAL_VENDOR, Kind.COMMUNITY_CENTRE, Kind.INSTITUTION})
"""Kinds that may deliver services under contract."""


def mode(value: Mode, valid_from: date, valid_to: date | None, source: str) -> Statement:
    """A mode of operation and the days on which it holds."""
    return Statement(MODE, value.value, valid_from, valid_to, source)


def grade(value: int, valid_from: date, valid_to: date | None, source: str) -> Statement:
    """A grade (GB/T 37276, 1 to 5) and the days on which it is valid."""
    return Statement(GRADE, str(value), valid_from, valid_to, source)


def of_kind(facts: Iterable[Fact], kind: str) -> list[Fact]:
    """The facts of one kind, oldest first."""
    return sorted((fact for fact in facts if fact.kind == kind), key=lambda fact: fact.valid_from)
