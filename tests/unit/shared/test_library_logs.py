"""No library writes what a client wrote into a log."""

from __future__ import annotations

import logging

import pytest
from opentelemetry import propagate

from shared import telemetry
from shared.settings import Settings

NUMBER = "321202194907183316"


@pytest.mark.parametrize("logger", ["opentelemetry.trace.span", "uvicorn.error", "asyncio", "sqlalchemy.pool", "httpx"])
def test_a_library_tells_where_and_not_what(logger: str, capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure(Settings(service="visits", database_url="postgresql+asyncpg://x@/y"))
    logging.getLogger(logger).error("refused %s", NUMBER)
    try:
        int(f"{NUMBER}x")
    except ValueError:
        logging.getLogger(logger).exception("failed")
    propagate.extract({"traceparent": f"00-{'1' * 32}-{'1' * 16}-01", "tracestate": NUMBER})
    written = "".join(capsys.readouterr())
    assert logger in written
    assert "ValueError" in written
    assert NUMBER not in written
