"""What the OpenAPI document says of bodies that the routes read themselves, and examples to be sent 接口文档."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.visits.deliveries.examples import DATA, DEVICE, EVENT
from services.visits.deliveries.reading import BATCH, PLAIN, STRUCTURED
from services.visits.deliveries.schemas import DeliveryEvent, DeliveryIn
from services.visits.records.domain import BATCH_LIMIT
from shared.clock import SHANGHAI
from shared.ids import new_hex

_CE_HEADERS = {
    "ce-specversion": "Binary mode: `1.0`; its presence makes the body the event's data CloudEvents 二进制模式",
    "ce-type": "Binary mode: `cn.anxiang.meal-delivery.recorded.v1`",
    "ce-source": "Binary mode: `urn:uuid:` and the vendor's organisation id",
    "ce-id": "Binary mode: the event id",
    "ce-time": "Binary mode: when the vendor's system made the event",
}

CE_TEXT = {"type": "string", "maxLength": 500}


SINGLE_BODY: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "header", "required": False, "description": text, "schema": CE_TEXT}
        for name, text in _CE_HEADERS.items()
    ],
    "requestBody": {
        "required": True,
        "description": "One delivery: plain JSON, a structured CloudEvent, or a binary one (`ce-` headers)",
        "content": {
            PLAIN: {"schema": {"title": "DeliveryIn", **TypeAdapter(DeliveryIn).json_schema()}, "example": DEVICE},
            STRUCTURED: {"schema": DeliveryEvent.model_json_schema(), "example": EVENT},
        },
    },
}
BATCH_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"At most {BATCH_LIMIT} CloudEvents; an empty batch is allowed 每批最多 {BATCH_LIMIT} 条",
        "content": {
            BATCH: {
                "schema": {"type": "array", "maxItems": BATCH_LIMIT, "items": {"$ref": "#/$defs/DeliveryEvent"}},
                "example": [EVENT],
            }
        },
    }
}


def sendable(vendor_id: UUID, senior_id: UUID, now: datetime) -> dict[str, Any]:
    """The last lunch, brought to a senior by the vendor: a body for each media type that the routes read."""
    lunch = now.astimezone(SHANGHAI).replace(hour=11, minute=40, second=0, microsecond=0)
    ended = lunch if lunch < now else lunch - timedelta(days=1)
    times = {"started_at": ended - timedelta(minutes=15), "ended_at": ended, "device_time": ended}
    own = {"senior_id": str(senior_id)} | {name: moment.isoformat() for name, moment in times.items()}
    event_id = f"TRY-{new_hex()}"
    event = EVENT | {"id": event_id, "source": f"urn:uuid:{vendor_id}", "time": own["device_time"], "data": DATA | own}
    plain = DEVICE | own | {"event_id": event_id, "vendor_id": str(vendor_id)}
    return {PLAIN: plain, STRUCTURED: event, BATCH: [event]}
