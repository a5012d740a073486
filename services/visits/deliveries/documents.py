"""What the OpenAPI document says of bodies that the routes read themselves 接口文档."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from services.visits.deliveries.domain import BATCH_LIMIT
from services.visits.deliveries.reading import BATCH, PLAIN, STRUCTURED
from services.visits.deliveries.schemas import DEVICE, EVENT, DeliveryEvent, DeliveryIn

_CE_HEADERS = {
    "ce-specversion": "Binary mode: `1.0`; its presence makes the body the event's data CloudEvents 二进制模式",
    "ce-type": "Binary mode: `cn.anxiang.meal-delivery.recorded.v1`",
    "ce-source": "Binary mode: `urn:uuid:` and the vendor's organisation id",
    "ce-id": "Binary mode: the event id",
    "ce-time": "Binary mode: when the vendor's system made the event",
}

CE_TEXT = {"type": "string", "maxLength": 500}


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema without ``$defs``: every reference replaced by what it refers to."""
    definitions = schema.pop("$defs", {})

    def resolve(node: Any) -> Any:  # noqa: ANN401  # any JSON
        if isinstance(node, list):
            return [resolve(each) for each in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return resolve(definitions[node["$ref"].rpartition("/")[2]])
        return {key: resolve(value) for key, value in node.items() if key != "discriminator"}

    found: dict[str, Any] = resolve(schema)
    return found


_PLAIN: dict[str, Any] = inlined(TypeAdapter(DeliveryIn).json_schema())
_EVENT: dict[str, Any] = inlined(DeliveryEvent.model_json_schema())

SINGLE_BODY: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "header", "required": False, "description": text, "schema": CE_TEXT}
        for name, text in _CE_HEADERS.items()
    ],
    "requestBody": {
        "required": True,
        "description": "One delivery: plain JSON, a structured CloudEvent, or a binary one (`ce-` headers)",
        "content": {
            PLAIN: {"schema": _PLAIN, "example": DEVICE},
            STRUCTURED: {"schema": _EVENT, "example": EVENT},
        },
    },
}
BATCH_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"At most {BATCH_LIMIT} CloudEvents; an empty batch is allowed 每批最多 {BATCH_LIMIT} 条",
        "content": {
            BATCH: {
                "schema": {"type": "array", "maxItems": BATCH_LIMIT, "items": _EVENT},
                "example": [EVENT],
            }
        },
    }
}
