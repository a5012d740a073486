"""The example delivery on the page: every vendor of the demo can send it as it stands, in each of its forms."""

import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from deploy.demo import clients
from deploy.demo.client import DemoClient
from deploy.demo.seed import seed_if_empty
from deploy.local.up import Embedded
from services.docs import ASSETS
from tests.support.node import NODE

VENDORS = [name for name, client in clients.load().items() if client.organization]
PREPARE = """
globalThis.window = globalThis;
require(process.argv[1]);
const [spec, language, examples] = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(window.prepareSpec(spec, language, examples)));
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    system = Embedded(tmp_path_factory.mktemp("demo"))
    system.start()
    assert seed_if_empty(system.base_url) == 200
    yield system.base_url
    system.stop()


def prepared(spec: Any, language: str, examples: Any) -> Any:
    """The document as the page's own script shows it."""
    command, given = [str(NODE), "-e", PREPARE, str(ASSETS / "spec.js")], json.dumps([spec, language, examples])
    return json.loads(subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout)


def examples_of(vendor: DemoClient) -> Any:
    """What the page asks for, as soon as the visits service has heard of somebody."""
    for _ in range(100):
        answer = vendor.get("/visits/v1/deliveries/example")
        if answer.status_code == 200:
            break
        assert answer.status_code in {403, 404}
        time.sleep(0.1)
    return answer.json()


def bodies(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path in ("/v1/deliveries", "/v1/deliveries/batch"):
        for kind, media in document["paths"][path]["post"]["requestBody"]["content"].items():
            yield path, kind, media["example"]


@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor_of_the_demo_sends_the_example_as_it_stands(demo: str, name: str) -> None:
    assert len(VENDORS) == 3
    with DemoClient(demo, name) as vendor:
        spec = vendor.json("GET", "/visits/openapi.json")
        shown = prepared(spec, "zh", examples_of(vendor))
        statuses, seen, reasons = {}, set(), set()
        for path, kind, example in bodies(shown):
            answer = vendor.post(f"/visits{path}", json=example, headers={"content-type": kind})
            assert answer.is_success, answer.text
            body = answer.json()
            statuses[kind] = answer.status_code
            for one in body.get("results", [body]):
                seen.add(one["delivery_id"])
                reasons |= {reason["code"] for reason in one["reasons"]}
        assert statuses == {
            "application/json": 201,
            "application/cloudevents+json": 201,
            "application/cloudevents-batch+json": 200,
        }
        assert len(seen) == 1  # one delivery in three forms
        assert reasons <= {"same_meal_other_vendor"}  # two vendors may be shown the same senior
        other = next(iter(bodies(prepared(spec, "zh", examples_of(vendor)))))[2]
        assert other["event_id"] != next(iter(bodies(shown)))[2]["event_id"]


def test_nobody_else_is_given_one_and_the_document_itself_names_no_senior(demo: str) -> None:
    with DemoClient(demo, "auditor") as auditor, httpx.Client(base_url=demo, trust_env=False) as nobody:
        assert auditor.get("/visits/v1/deliveries/example").status_code == 403
        assert nobody.get("/visits/v1/deliveries/example").status_code == 401
        spec = nobody.get("/visits/openapi.json").json()
    for language in ("zh", "en"):
        shown = prepared(spec, language, None)
        assert [one[2] for one in bodies(shown)] == [one[2] for one in bodies(spec)]
        summary = shown["paths"]["/v1/deliveries"]["post"]["summary"]
        assert summary == {"zh": "上报送餐记录", "en": "Record a delivery"}[language]
