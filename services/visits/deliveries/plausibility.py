"""What a delivery cannot be, whatever its senior and region: such a record is refused, not judged 时间合理性检查."""

from __future__ import annotations

from datetime import datetime

from services.visits.deliveries.domain import Delivery
from services.visits.verification.rulebook import Limits
from shared.errors import FieldError


def impossibilities(delivery: Delivery, now: datetime, limits: Limits, prefix: str = "") -> list[FieldError]:
    """What is impossible about it; ``prefix`` is the JSON pointer of the delivery's data."""
    wrong: list[FieldError] = []

    def say(name: str, code: str, en: str, zh: str) -> None:
        wrong.append(FieldError.of(f"{prefix}/{name}", code, en, zh))

    if delivery.ended_at < delivery.started_at:
        say("ended_at", "ends_before_start", "It ends before it starts.", "送达时间早于开始时间。")
    elif delivery.ended_at - delivery.started_at > limits.max_duration:
        say(
            "ended_at",
            "too_long",
            "It takes longer than a delivery can; see /v1/limits.",
            "时长超过上限,见 /v1/limits。",
        )
    if delivery.ended_at > now + limits.clock_skew:
        say("ended_at", "future", "It lies in the future.", "送达时间在未来。")
    if delivery.started_at < now - limits.oldest:
        say(
            "started_at",
            "too_old",
            "It lies further back than can be recorded; see /v1/limits.",
            "超过可补报期限,见 /v1/limits。",
        )
    if delivery.sequence > 1 and not delivery.correction_reason:
        say("correction_reason", "missing", "A correction needs its reason.", "更正记录必须填写更正原因。")
    return wrong
