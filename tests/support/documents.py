"""The four OpenAPI documents as the services publish them, without a database."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from fastapi import FastAPI

from deploy.migrations.run import SERVICES as SERVICES  # noqa: PLC0414  # tests know them from here
from shared import audit_api, openapi, replay_api
from tests.support.services import definition_of

METHODS = ("get", "post", "put", "patch", "delete")


@cache
def document_of(service: str) -> dict[str, Any]:
    """A service's document."""
    definition = definition_of(service)
    app = FastAPI(title=definition.title, version="1.0.0")
    for router in (*definition.routers, audit_api.router, replay_api.router):
        app.include_router(router)
    return openapi.document(app, definition)


def operations(service: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation."""
    for path, item in document_of(service)["paths"].items():
        yield from ((method, path, item[method]) for method in METHODS if method in item)
