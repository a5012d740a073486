"""Bytes to deliveries: plain JSON, CloudEvents structured and binary, CloudEvents batches 报文解析."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import UUID

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from services.visits.deliveries.schemas import (
    JSON_TYPE,
    CommonData,
    CommonDelivery,
    DeliveryData,
    DeliveryEvent,
    DeliveryIn,
)
from services.visits.errors import BatchTooLarge, NotADelivery, NotCloudEvents
from services.visits.records.domain import BATCH_LIMIT, BATCH_VALUES, SOURCE_PREFIX, Delivery, Method
from shared import bodies
from shared.datum import STORED
from shared.errors import FieldError, Malformed, Problem
from shared.text import is_text
from shared.validation import MOST, field_errors

PLAIN, STRUCTURED = "application/json", "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_METHODS = frozenset(Method)
_EVENT_VALUES = 60
"""Twice as many as an event has; what has more is taken apart at once, which tells the same and takes half the time."""
_PLAIN: TypeAdapter[DeliveryIn] = TypeAdapter(DeliveryIn)
_EVENT = TypeAdapter(DeliveryEvent)
_EVENTS = TypeAdapter(list[DeliveryEvent])
_BATCH = TypeAdapter(Annotated[list[DeliveryEvent], Field(max_length=BATCH_LIMIT)])


@dataclass(slots=True)
class Refusal:
    """An item that cannot be recorded, and why."""

    event_id: str | None
    problem: Problem


Item = Delivery | Refusal


def read_one(headers: Mapping[str, str], body: bytes) -> Delivery:
    """One delivery by its content type. Malformed (400), NotCloudEvents (415) or NotADelivery (422)."""
    kind = _media_type(headers)
    try:
        if kind == STRUCTURED:
            return _of_event(_EVENT.validate_json(body))
        if not _is_json(kind):
            raise NotCloudEvents(f"Send {PLAIN} or {STRUCTURED}.", f"请使用 {PLAIN} 或 {STRUCTURED}。")
        if "ce-specversion" in headers or "ce-id" in headers:
            return _of_event(_EVENT.validate_json(_structured(headers, body)))
        plain = _PLAIN.validate_json(body)
        return _delivery(plain.vendor_id, plain.event_id, plain)
    except ValidationError as error:
        raise _problem(_located(error)) from None


def read_whole(headers: Mapping[str, str], body: bytes) -> list[Item] | None:
    """A batch in which every event can be read, in order; None for any other, which ``read_pieces`` tells more of.
    NotCloudEvents (415) for what is no batch."""
    if _media_type(headers) != BATCH:
        raise NotCloudEvents(f"Send {BATCH}.", f"请使用 {BATCH}。")
    values = body.count(b",") + body.count(b"[") + body.count(b"{")
    if values <= min(BATCH_VALUES, _EVENT_VALUES * body.count(b'"specversion"')):  # else it is tried in vain, and twice
        with suppress(ValidationError):
            return [_of_event(event) for event in _BATCH.validate_json(body)]
    return None


def read_pieces(body: bytes) -> list[Item]:
    """A batch, one item for each event in order: what cannot be read refuses itself. BatchTooLarge (413), or what is no
    list of items, NotADelivery (422) and Malformed (400), refuse all of it."""
    pieces = bodies.items(body, BATCH_LIMIT)
    if pieces is None:
        raise _no_list(body)
    if len(pieces) > BATCH_LIMIT:
        en, zh = f"A batch holds at most {BATCH_LIMIT} events; send several.", f"每批最多 {BATCH_LIMIT} 条,请分批上报。"
        raise BatchTooLarge(en, zh, limit=BATCH_LIMIT)
    return [_item(piece) for piece in pieces]


def _item(piece: bytes) -> Item:
    """One event of a batch by itself."""
    try:
        return _of_event(_EVENT.validate_json(piece))
    except ValidationError as error:
        return Refusal(_event_id(piece), _told(error))


def _told(error: ValidationError) -> Problem:
    """What is wrong with one delivery; when it is hardly one, only that, for telling it all would take seconds."""
    if error.error_count() > MOST:
        return NotADelivery(f"More than {MOST} values are not valid.", f"超过 {MOST} 处内容不正确。")
    return _problem(_located(error))


def _no_list(body: bytes) -> Problem:
    try:
        _EVENTS.validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False) if error.error_count() == 1 else []
        return _problem(found) if found and not found[0]["loc"] else _not_json()
    return _not_json()


def is_plain(headers: Mapping[str, str]) -> bool:
    """Whether the body is the delivery itself, and not inside or beside an envelope."""
    return _is_json(_media_type(headers))


def _is_json(kind: str) -> bool:
    """Whether a media type says JSON, other than that of an event itself."""
    return not kind.startswith("application/cloudevents") and re.fullmatch(JSON_TYPE, kind) is not None


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", PLAIN).partition(";")[0].strip().lower()


def _structured(headers: Mapping[str, str], body: bytes) -> bytes:
    """The binary form as the structured one: header values are percent-encoded UTF-8 (HTTP binding 3.1.3.2)."""
    attributes: dict[str, Any] = {k[3:]: unquote(_unquoted(v)) for k, v in headers.items() if k.startswith("ce-")}
    try:
        attributes["data"] = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _not_json() from None
    return orjson.dumps(attributes)


def _unquoted(value: str) -> str:
    """A header's value without the quotes of older senders, which are no part of it (HTTP binding 3.1.3.2)."""
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value


def _of_event(event: DeliveryEvent) -> Delivery:
    return _delivery(_vendor(event.source), event.id, event.data)


@lru_cache
def _vendor(source: str) -> UUID:
    return UUID(source[len(SOURCE_PREFIX) :])


def _delivery(vendor_id: UUID, event_id: str, data: DeliveryData) -> Delivery:
    place, given = data.place, data.__dict__  # each method has one of three; isinstance would ask pydantic's metaclass
    return Delivery(
        vendor_id,
        event_id,
        data.sequence,
        data.senior_id,
        data.service,
        data.meals,
        data.started_at.astimezone(UTC),
        data.ended_at.astimezone(UTC),
        data.device_time.astimezone(UTC),
        place.latitude if place else None,
        place.longitude if place else None,
        STORED.get(place.datum, place.datum) if place else None,
        place.accuracy_m if place else None,
        place.mock if place else None,
        data.method,
        given.get("device_id"),
        given.get("witness_ref"),
        given.get("manual_reason"),
        data.worker_ref,
        data.photo_sha256,
        data.note,
        data.correction_reason,
    )


def _event_id(piece: bytes) -> str | None:
    """The id of an unreadable event, if that much can be read."""
    try:
        item = json.loads(piece)
    except (ValueError, RecursionError):
        return None
    found = item.get("id") if isinstance(item, dict) else None
    return found[:64] if isinstance(found, str) and is_text(found) else None


def _located(error: ValidationError) -> list[dict[str, Any]]:
    """Pydantic's findings without the inner names of the method's variants in their places."""
    found: list[dict[str, Any]] = []
    for each in error.errors(include_url=False):
        place = tuple(part for part in each["loc"] if part not in _METHODS)
        if each["type"] in {"union_tag_invalid", "union_tag_not_found"}:
            found.append({**each, "loc": (*place, "method")})
            found += [
                {**other, "loc": (*place, *other["loc"])}
                for other in _besides(each["input"], CommonData if place else CommonDelivery)
            ]
        else:
            found.append({**each, "loc": place})
    return found


def _besides(given: object, common: type[CommonData]) -> list[dict[str, Any]]:
    """Without a known method pydantic stops there; these are the faults of what all methods have in common."""
    try:
        common.model_validate_json(orjson.dumps(given))
    except (ValidationError, orjson.JSONEncodeError) as error:
        if isinstance(error, ValidationError):
            return [dict(each) for each in error.errors(include_url=False, include_input=False)]
    return []


def _problem(errors: Sequence[Mapping[str, Any]]) -> Problem:
    if errors[0]["type"] == "json_invalid":
        return _not_json(str(errors[0]["ctx"]["error"]))
    return not_a_delivery(field_errors(errors))


def _not_json(why: str = "it is cut short") -> Malformed:
    """``why``: the parser's own words, which name a place and repeat nothing."""
    return Malformed(f"It cannot be read as JSON: {why}.", f"不是有效的 JSON({why})。")


def not_a_delivery(errors: Sequence[FieldError]) -> NotADelivery:
    """The problem that lists what is wrong with a delivery."""
    return NotADelivery("Some values are not valid.", "部分内容不正确。", errors)
