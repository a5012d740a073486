"""Paths as clients know them."""

from __future__ import annotations

from fastapi import Request


def public_path(request: Request) -> str:
    """The request's path in front of the gateway, which takes the service's name off before it passes a request on."""
    prefix = f"/{request.app.state.definition.name}"
    path = request.url.path
    return path if path.startswith(f"{prefix}/") else prefix + path
