"""Logs, metrics and traces. None of them holds personal data: paths are route templates, queries are left out."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache

import structlog
from fastapi.telemetry import TelemetryConfig
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict

from shared import headers
from shared.faults import facts, named
from shared.settings import Settings

REQUESTS = Histogram("anxiang_request_seconds", "Time to answer a request", ["service", "method", "route", "status"])
SPEAKING = ("aiokafka",)
"""Libraries whose texts name brokers and topics only."""
log = structlog.get_logger("anxiang.library")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SILENT: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""For every application: FastAPI's own spans tell paths and queries, with whatever number stands in them."""
tracer = trace.get_tracer("anxiang")


def configure(settings: Settings) -> None:
    """JSON logs at the level asked for; traces to the collector if there is one."""
    level = logging.getLevelNamesMapping()[settings.log_level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            without_words,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    quieten()
    if settings.otlp_endpoint and not isinstance(trace.get_tracer_provider(), TracerProvider):
        provider = TracerProvider(resource=Resource.create({"service.name": f"anxiang-{settings.service}"}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.otlp_endpoint)))
        trace.set_tracer_provider(provider)


class LibraryLog(logging.Handler):
    """Tells that a library has something to say, and where. Its text may repeat what a client wrote."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        error = record.exc_info[1] if record.exc_info else None
        where = {"logger": record.name, "place": f"{record.module}:{record.lineno}"}
        known = {"text": _text(record)} if record.name.startswith(SPEAKING) and error is None else {}
        log.log(record.levelno, "library", **where, **known, **(facts(error) if error else {}))


def _text(record: logging.LogRecord) -> str:
    """What a library says, with the names of the errors that it would tell in their own words."""
    given = record.args if isinstance(record.args, tuple) else ()
    told = tuple(named(each) if isinstance(each, BaseException) else each for each in given)
    return str(record.msg) % told if told else record.getMessage()


def without_words(_logger: object, _method: str, event: EventDict) -> EventDict:
    """An error that reaches a log line leaves its type and its place there, in whichever way it came."""
    raised = event.pop("exc_info", None)
    error = sys.exc_info()[1] if raised is True else raised[1] if isinstance(raised, tuple) else raised
    found = facts(error) if isinstance(error, BaseException) else {}
    return {**found, **{k: named(v) if isinstance(v, BaseException) else v for k, v in event.items()}}


def quieten() -> None:
    """Let no library write by itself, uvicorn neither."""
    root = logging.getLogger()
    if not any(isinstance(handler, LibraryLog) for handler in root.handlers):
        root.addHandler(LibraryLog(logging.WARNING))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


class TelemetryMiddleware:
    """Continues the caller's trace, counts the answer and completes its headers."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, started = 500, time.perf_counter()

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers.complete(message, scope)
                if "route" in scope:
                    message["headers"].append((headers.ROUTE, getattr(scope["route"], "path", "").encode()))
            await send(message)

        carried = {
            k.decode("latin-1"): v.decode("latin-1")
            for k, v in scope["headers"]
            if k in {b"traceparent", b"tracestate"}
        }
        try:
            with headers.named(scope), self._span(scope["method"], carried):
                await self.app(scope, receive, counted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            elapsed = time.perf_counter() - started
            method = (
                scope["method"] if scope["method"] in METHODS else "other"
            )  # a client may invent any number of them
            _requests(self.service, method, route, status).observe(elapsed)

    def _span(self, method: str, carried: dict[str, str]) -> AbstractContextManager[object]:
        """The request's part of its caller's trace; nothing where there is neither a caller's nor a collector."""
        if not carried and not isinstance(trace.get_tracer_provider(), TracerProvider):
            return nullcontext()
        return tracer.start_as_current_span(
            f"{method} {self.service}", context=propagate.extract(carried) if carried else None
        )


@lru_cache(maxsize=4096)
def _requests(service: str, method: str, route: str, status: int) -> Histogram:
    return REQUESTS.labels(service, method, route, str(status))
