"""Spans tell no paths, queries or texts of errors: those may hold a name or a number."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import asyncio, json, sys
import httpx
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.app import create_app
from shared.settings import Settings
from tests.support.services import definition_of
from tests.support.tokens import verifier
from shared.kernel import KernelState

NUMBER = "321202194103050027"
kept = InMemorySpanExporter()
if "collector" in sys.argv:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(provider)
settings = Settings(service="visits", database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none")
app = create_app(definition_of("visits"), settings, kernel=KernelState.of(settings, verifier()))

async def main():
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://visits") as client:
        for path in ("/v1/deliveries/{}", "/v1/deliveries?note={}", "/{}"):
            await client.get(path.format(NUMBER), headers={"user-agent": NUMBER})

asyncio.run(main())
print(json.dumps([json.loads(span.to_json()) for span in kept.get_finished_spans()]))
"""


def _spans(*arguments: str) -> list[dict[str, object]]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)
    found: list[dict[str, object]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_collector_is_told_what_was_asked_and_of_whom_nothing() -> None:
    spans = _spans("collector")
    assert [span["name"] for span in spans] == ["GET visits"] * 3
    assert "321202194103050027" not in json.dumps(spans)


def test_without_a_collector_nothing_is_kept() -> None:
    assert _spans() == []
