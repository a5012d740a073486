"""What every application has around its routes, be it a service, the pages or the demo's issuer: errors as problems,
HEAD, 304 and CORS."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import FastAPI

from shared import error_handlers
from shared.cors import Cors
from shared.etag import NotModified
from shared.headers import HeadAsGet


def dress(app: FastAPI, *, origins: Collection[str] = (), open_paths: tuple[str, ...] = ()) -> None:
    """Call it after the application's own middlewares. ``origins``: pages that may call from a browser; ``open_paths``:
    beginnings of paths that every page may read."""
    error_handlers.install(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(NotModified)
    app.add_middleware(Cors, origins=origins, open_paths=open_paths)
