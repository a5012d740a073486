"""Paths as clients know them."""

from __future__ import annotations

from fastapi import Request


def public_path(request: Request) -> str:
    """The request's path in front of the gateway, which takes the service's name off before it passes a request on."""
    path, definition = request.url.path, getattr(request.app.state, "definition", None)
    if definition is None or path.startswith(f"/{definition.name}/"):
        return path
    return f"/{definition.name}{path}"
