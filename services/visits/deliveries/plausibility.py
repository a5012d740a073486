"""What a delivery cannot be, whatever its senior and region: such a record is refused, not judged 时间合理性检查."""

from __future__ import annotations

from datetime import datetime

from services.visits.records.domain import Delivery
from services.visits.verification.rulebook import Limits
from shared.errors import FieldError

_TEXTS = {
    "ends_before_start": ("ended_at", "It ends before it starts.", "送达时间早于开始时间。"),
    "too_long": ("ended_at", "It takes longer than a delivery can; see /v1/limits.", "时长超过上限,见 /v1/limits。"),
    "future": ("ended_at", "It lies in the future.", "送达时间在未来。"),
    "too_old": ("started_at", "It lies too far back; see /v1/limits.", "超过可补报期限,见 /v1/limits。"),
    "missing": ("correction_reason", "A correction needs its reason.", "更正记录必须填写更正原因。"),
}
UNTIMELY = frozenset({"too_long", "future", "too_old"})
"""What depends on the day and its limits: what was taken before stays taken."""


def impossibilities(delivery: Delivery, now: datetime, limits: Limits, prefix: str = "") -> list[FieldError]:
    """What is impossible about it; ``prefix`` is the JSON pointer of the delivery's data."""
    wrong = []
    if delivery.ended_at < delivery.started_at:
        wrong.append("ends_before_start")
    elif delivery.ended_at - delivery.started_at > limits.max_duration:
        wrong.append("too_long")
    if delivery.ended_at > now + limits.clock_skew:
        wrong.append("future")
    if delivery.started_at < now - limits.oldest:
        wrong.append("too_old")
    if delivery.sequence > 1 and not delivery.correction_reason:
        wrong.append("missing")
    return [_error(code, prefix) for code in wrong]


def _error(code: str, prefix: str) -> FieldError:
    name, en, zh = _TEXTS[code]
    return FieldError.of(f"{prefix}/{name}", code, en, zh)
