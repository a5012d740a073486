"""Ability assessment (老年人能力评估, GB/T 42195-2022): 26 items, a total, a level, its changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import zip_longest
from uuid import UUID


class AssessmentError(ValueError):
    """An answer that the scale does not allow; `item` is its code."""

    def __init__(self, item: str, code: str, en: str, zh: str) -> None:
        super().__init__(en)
        self.item, self.code, self.en, self.zh = item, code, en, zh


class RiskEvent(StrEnum):
    """Care risk events of the last 30 days (近30天照护风险事件, A.2.14)."""

    FALL = "fall"  # 跌倒
    WANDERING = "wandering"  # 走失
    CHOKING = "choking"  # 噎食
    SELF_HARM = "self_harm"  # 自杀、自伤
    OTHER = "other"  # 其他


class Reason(StrEnum):
    """Why a level differs from the one by score alone (等级变更依据, C.4)."""

    COMA = "coma"  # 昏迷
    MENTAL_DISORDER = "mental_disorder"  # 痴呆或其他精神和行为障碍
    RISK_EVENTS = "risk_events"  # 照护风险事件


@dataclass(frozen=True)
class Item:
    """One indicator (二级指标): scored with an integer from 0 to `maximum`, more is abler."""

    code: str
    group: str
    zh: str
    en: str
    maximum: int


@dataclass(frozen=True)
class Band:
    """A level and the totals it covers, both ends included."""

    level: int
    zh: str
    en: str
    lowest: int
    highest: int


@dataclass(frozen=True)
class Changes:
    """The rules of C.4 as parameters: how far each finding raises the level, and both together."""

    coma_level: int
    mental_disorder_raises: int
    risk_events_needed: int
    risk_events_raise: int
    both_raise: int


@dataclass(frozen=True)
class Scale:
    """A published scale: its items, bands and change rules, read from a dated file."""

    name: str
    items: tuple[Item, ...]
    bands: tuple[Band, ...]
    changes: Changes

    @property
    def worst(self) -> int:
        """The most severe level."""
        return max(band.level for band in self.bands)


@dataclass(frozen=True)
class Findings:
    """What else the assessor found: coma (A.5.11), a diagnosed disorder (A.4.1) and risk events with their number."""

    coma: bool = False
    mental_disorder: bool = False
    risk_events: Mapping[RiskEvent, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """The total, the level by score (初步等级, C.3), the level after changes (最终等级, C.5), and why they differ."""

    total: int
    initial_level: int
    final_level: int
    reasons: tuple[Reason, ...]


def assess(scale: Scale, scores: Mapping[str, int], findings: Findings) -> Result:
    """Score an assessment.

    Raises:
        AssessmentError: an item is missing, unknown or out of its range.
    """
    check(scale.items, scores)
    total = sum(scores.values())
    initial = next(band.level for band in scale.bands if band.lowest <= total <= band.highest)
    reasons = _reasons(scale.changes, findings)
    return Result(total, initial, _final(scale, initial, reasons), reasons)


def check(items: Sequence[Item], scores: Mapping[str, int]) -> None:
    """Refuse a form that is not exactly the scale's items, each an integer in its range."""
    known = {item.code for item in items}
    for code in scores.keys() - known:
        raise AssessmentError(code, "unknown", f"{code} is not an item of the scale", f"{code}不是量表中的指标")
    for item in items:
        if item.code not in scores:
            raise AssessmentError(
                item.code, "missing", f"{item.code} {item.en} is missing", f"缺少{item.code}{item.zh}"
            )
        score = scores[item.code]
        if type(score) is not int or not 0 <= score <= item.maximum:
            en = f"{item.code} {item.en} takes an integer from 0 to {item.maximum}"
            raise AssessmentError(item.code, "range", en, f"{item.code}{item.zh}应为0至{item.maximum}的整数")


def _reasons(changes: Changes, findings: Findings) -> tuple[Reason, ...]:
    found = {
        Reason.COMA: findings.coma,
        Reason.MENTAL_DISORDER: findings.mental_disorder,
        Reason.RISK_EVENTS: sum(findings.risk_events.values()) >= changes.risk_events_needed,
    }
    return tuple(reason for reason, applies in found.items() if applies)


def _final(scale: Scale, initial: int, reasons: tuple[Reason, ...]) -> int:
    changes = scale.changes
    if Reason.COMA in reasons:
        return changes.coma_level
    disorder, events = Reason.MENTAL_DISORDER in reasons, Reason.RISK_EVENTS in reasons
    if disorder and events:
        raised = changes.both_raise
    else:
        raised = disorder * changes.mental_disorder_raises + events * changes.risk_events_raise
    return min(initial + raised, scale.worst)


@dataclass(frozen=True)
class Standing:
    """A result on file and the days on which it is the latest, both included."""

    assessment_id: UUID
    level: int
    scale: str
    valid_from: date
    valid_to: date | None


def standings(results: Iterable[tuple[UUID, int, str, date]]) -> list[Standing]:
    """Order results (id, level, scale, day) by day: each stands until the day before the next."""
    ordered = sorted(results, key=lambda result: result[3])
    ends = [day - timedelta(days=1) for *_, day in ordered[1:]]
    return [Standing(key, level, scale, day, last) for (key, level, scale, day), last in zip_longest(ordered, ends)]
