"""Answers of the delivery API 应答. Receipts and batch results are written as bytes: they are the hot path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import Response

from services.visits.deliveries.decisions import Held, Stored
from services.visits.deliveries.intake import Answer
from services.visits.deliveries.reading import Refusal
from services.visits.deliveries.schemas import DecisionOut, DeliveryDetail, DeliveryOut, ReasonOut
from services.visits.records.domain import CONTENT, Outcome, Record
from services.visits.verification.rulebook import Rulebook
from shared.datum import SPELT
from shared.language import Language


def json(content: object, status: int, headers: dict[str, str]) -> Response:
    """An answer as JSON."""
    return Response(
        orjson.dumps(content, default=str, option=orjson.OPT_UTC_Z), status, headers, media_type="application/json"
    )


def receipt(record: Record, book: Rulebook) -> dict[str, Any]:
    """What was answered when the record first came in; depends on nothing that may change later."""
    return {
        "event_id": record.delivery.event_id,
        "sequence": record.delivery.sequence,
        "outcome": record.outcome,
        "delivery_id": record.delivery_id,
        "status": record.verdict,
        "reasons": [book.reasons[code] for code in record.reasons],
        "evidence_grade": record.evidence_grade,
        "received_at": record.received_at,
    }


def batch(answers: Sequence[Answer | Refusal], book: Rulebook, lang: Language, replayed: str) -> Response:
    """Results in the order of the batch."""
    results = [
        {
            "index": index,
            "event_id": each.event_id,
            "outcome": Outcome.REFUSED,
            "reasons": [],
            "problem": each.problem.body(lang),
        }
        if isinstance(each, Refusal)
        else {"index": index, **receipt(each.record, book)}
        for index, each in enumerate(answers)
    ]
    count = sum(isinstance(each, Answer) and each.replayed for each in answers)
    return json({"results": results}, 200, {replayed: str(count)})


def delivery(held: Held, book: Rulebook) -> DeliveryOut:
    """A delivery as it stands, with what the rules say now."""
    record = held.record
    content = {name: getattr(record.delivery, name) for name in CONTENT}
    content["datum"] = SPELT.get(record.delivery.datum or "")
    return DeliveryOut(
        delivery_id=record.delivery_id,
        region=record.region,
        service_date=record.service_date,
        slot=record.slot,
        received_at=record.received_at,
        evidence_grade=record.evidence_grade,
        verdict=record.verdict,
        status=record.status,
        reasons=[_reason(code, book) for code in held.reasons],
        **content,
    )


def detail(stored: Stored, book: Rulebook) -> DeliveryDetail:
    """A delivery with its history."""
    return DeliveryDetail(
        **delivery(stored.current, book).model_dump(),
        versions=[delivery(Held(each, each.reasons), book) for each in stored.versions],
        decisions=[DecisionOut(**each) for each in stored.decisions],
    )


def _reason(code: str, book: Rulebook) -> ReasonOut:
    reason = book.reasons[code]
    return ReasonOut(code=code, zh=reason.zh, en=reason.en)
