"""The page at the gateway's root: every OpenAPI and AsyncAPI document, to read and to try, and the guides.

All assets are our own.
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from ruamel.yaml import YAML
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services import guides
from shared.dress import dress
from shared.errors import NotFound
from shared.headers import SafeHeaders
from shared.telemetry import SILENT

ASSETS = Path(__file__).parent / "docs_assets"
CONTRACTS = Path(__file__).parent.parent / "shared" / "contracts"
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "cache-control": "no-cache",
}
CARD = """\
      <li><h3>{title}</h3>
        <p><span lang="zh-CN">发送</span><span lang="en">Sends</span>: {sends}</p>
        <p><span lang="zh-CN">接收</span><span lang="en">Receives</span>: {receives}</p>
        <p class="links"><a href="/?events={name}" data-view="events:{name}">\
<span lang="zh-CN">浏览</span><span lang="en">Browse</span></a>
          <a href="/docs/contracts/asyncapi/{name}.yaml">{name}.yaml</a></p></li>"""


def create_docs_app(contracts: Path = CONTRACTS) -> FastAPI:
    """The application for ``/``; ``contracts`` holds ``asyncapi/*.yaml`` and ``schemas/``."""
    documents = {file.stem: _read(file) for file in sorted((contracts / "asyncapi").glob("*.yaml"))}
    pages = guides.read()
    page = (ASSETS / "index.html").read_text(encoding="utf-8").replace("<!-- events -->", _cards(documents))
    page = page.replace("<!-- guides -->", guides.listed(pages))

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, telemetry=SILENT)

    @app.get("/")
    async def index() -> HTMLResponse:
        return HTMLResponse(page)

    @app.get("/docs/events/{name}.json")
    async def events(name: str) -> JSONResponse:
        if name not in documents:
            raise NotFound
        return JSONResponse(documents[name])

    @app.get("/docs/guides/{name}")
    async def guide(name: str) -> HTMLResponse:
        if name not in pages:
            raise NotFound
        return HTMLResponse(pages[name].html)

    @app.get("/healthz")
    @app.get("/readyz")
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    app.mount("/docs/assets", Listed(ASSETS))
    for folder in ("asyncapi", "schemas"):
        app.mount(f"/docs/contracts/{folder}", Listed(contracts / folder))
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    app.add_middleware(OwnAssetsOnly)
    dress(app, open_paths=("",))
    app.add_middleware(SafeHeaders)
    return app


class Listed(StaticFiles):
    """The files of a folder as they were at the start; what a request asks for is looked up and becomes no path."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        real = folder.resolve()
        files = [path.resolve() for path in folder.rglob("*") if path.is_file()]
        self._files = {path.relative_to(real).as_posix(): path for path in files if path.is_relative_to(real)}

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """The file of that name, if it is listed."""
        file = self._files.get(path)
        return (str(file), file.stat()) if file else ("", None)


class OwnAssetsOnly:
    """Tells the browser to load nothing from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to every answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, with_headers)


def _read(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    return document


def _cards(documents: dict[str, dict[str, Any]]) -> str:
    return "\n".join(_card(name, document) for name, document in documents.items())


def _card(name: str, document: dict[str, Any]) -> str:
    channels = document["channels"]
    directions: dict[str, list[str]] = {"send": [], "receive": []}
    for operation in document["operations"].values():
        channel = operation["channel"]["$ref"].rsplit("/", 1)[-1]
        directions[operation["action"]].append(escape(channels[channel]["address"]))
    sends, receives = (", ".join(directions[action]) or "–" for action in ("send", "receive"))
    return CARD.format(name=escape(name), title=escape(document["info"]["title"]), sends=sends, receives=receives)
