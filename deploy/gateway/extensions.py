"""How Envoy's configuration names a typed extension."""

from typing import Any


def extension(type_name: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # Envoy's own message fields
    """A typed message: `filters.http.buffer.v3.Buffer` and its fields."""
    return {"@type": f"type.googleapis.com/envoy.extensions.{type_name}", **fields}


def named(name: str, type_name: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # Envoy's own message fields
    """A named slot with its typed message: an HTTP filter, a tracer, an access log."""
    return {"name": name, "typed_config": extension(type_name, **fields)}
