"""Admissions (入住): a stay of a senior in an institution with care levels as dated facts."""

from datetime import date
from enum import StrEnum

from services.registry.facts.domain import CARE_LEVEL, Statement


class CareLevel(StrEnum):
    """How much care a resident gets (护理等级)."""

    SELF_CARE = "self_care"  # 自理
    PARTLY_DISABLED = "partly_disabled"  # 部分失能
    DISABLED = "disabled"  # 失能


def care_level(level: CareLevel, valid_from: date, source: str) -> Statement:
    """A care level from a day on."""
    return Statement(CARE_LEVEL, level.value, valid_from, None, source)
