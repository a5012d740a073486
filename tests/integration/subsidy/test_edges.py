"""The service's edge: its document, bad input, its jobs."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from sqlalchemy import text

from services.subsidy.runs import calculation, lines
from shared.database import Scope
from tests.integration.subsidy.town import REGION, SAMPLE, SCOPES, Town, senior
from tests.support.services import ServiceFactory

AGE = "longevity_allowance"
WHO = {"programme": AGE, "month": "2026-10", "senior_id": str(uuid4())}


async def document(town: Town) -> dict[str, Any]:
    found: dict[str, Any] = (await town.clerk.get("/openapi.json")).json()
    return found


async def test_the_document_is_valid_and_says_everything_in_both_languages(town: Town) -> None:
    spec = await document(town)
    validate(spec)
    for path, item in spec["paths"].items():
        for operation in item.values():
            assert any("\u4e00" <= character <= "\u9fff" for character in operation["summary"]), path
            assert operation["description"], path


async def test_every_example_of_the_document_validates(town: Town) -> None:
    spec = await document(town)
    examples = 0
    for name, schema in spec["components"]["schemas"].items():
        for example in schema.get("examples", []):
            rooted = {"$ref": f"#/components/schemas/{name}", "components": spec["components"]}
            Draft202012Validator(rooted).validate(example)
            examples += 1
    assert examples > 10


SOME_ID = "0d0f1a52-7a3e-4c57-9a51-2f6f0c1d9e3b"
"""Nobody's: a fixed one, so that tests are named alike in every process."""


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/runs", {"month": "2026-13", "region": REGION}),
        ("POST", "/v1/runs", {"month": "2026-10", "region": "3212"}),
        ("POST", "/v1/runs", {"month": "2026-10", "region": REGION, "more": 1}),
        ("POST", "/v1/runs", {"month": "2026-10", "region": REGION, "programmes": []}),
        ("GET", "/v1/runs?cursor=nonsense", None),
        ("GET", "/v1/runs?cursor=WyJub25zZW5zZSJd", None),
        ("GET", "/v1/runs?month=2026-1", None),
        ("GET", "/v1/runs?limit=0", None),
        ("GET", f"/v1/runs/{SOME_ID}/lines?reason=%00", None),
        ("POST", "/v1/determinations", WHO | {"known_at": "0001-01-01T00:00:00+14:00"}),
        ("POST", "/v1/determinations", WHO | {"known_at": "2026-10-01T00:00:00"}),
        ("GET", "/v1/runs/not-a-uuid", None),
        ("POST", "/v1/determinations", {"programme": AGE, "month": "2026-10"}),
        ("POST", "/v1/determinations", {"programme": "x\u0000", "month": "2026-10", "senior_id": SOME_ID}),
        ("POST", "/v1/holds", {"subject_kind": "senior", "subject_id": SOME_ID, "reason": "\u0000"}),
        ("POST", f"/v1/recoveries/{SOME_ID}/entries", {"kind": "waived", "amount": "1.00"}),
        ("POST", f"/v1/recoveries/{SOME_ID}/entries", {"kind": "repaid", "amount": "-1.00"}),
        ("POST", f"/v1/recoveries/{SOME_ID}/entries", {"kind": "repaid", "amount": 1.5}),
    ],
)
async def test_nonsense_gets_a_clear_answer_and_changes_nothing(
    town: Town, method: str, path: str, body: dict[str, Any] | None
) -> None:
    answer = await town.clerk.request(method, path, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert (await town.ask("/v1/runs"))["items"] == []


@pytest.mark.parametrize(
    "path", ["/v1/runs/{}", "/v1/lines/{}", "/v1/lines/{}/explanation", "/v1/payment-batches/{}", "/v1/recoveries/{}"]
)
async def test_what_does_not_exist_is_not_found(town: Town, path: str) -> None:
    assert (await town.clerk.get(path.format(uuid4()))).status_code == 404


async def test_pages_follow_one_another_without_loss(town: Town) -> None:
    await town.hear(*(senior() for _ in range(7)))
    run = await town.run("2026-10", [AGE])
    seen, cursor = list[str](), None
    while True:
        query: dict[str, Any] = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = await town.ask(f"/v1/runs/{run['id']}/lines", **query)
        seen += [line["id"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen)


async def test_a_repeated_request_with_its_key_opens_one_run(town: Town) -> None:
    headers, body = {"idempotency-key": "k-1"}, {"month": "2026-10", "region": REGION}
    first, again = [await town.clerk.post("/v1/runs", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]


async def test_a_running_service_calculates_a_run_by_itself(start_service: ServiceFactory) -> None:
    town = Town(await start_service("subsidy", roles="api,jobs", policy_overrides=str(SAMPLE)))
    await town.hear(senior())
    made = await town.do("/v1/runs", {"month": "2026-10", "region": REGION}, status=202)
    for _ in range(150):
        run = await town.ask(f"/v1/runs/{made['id']}")
        if run["state"] == "calculated":
            break
        await asyncio.sleep(0.1)
    assert run["state"] == "calculated"


async def test_a_run_that_cannot_be_calculated_fails_with_its_reason_and_blocks_nobody(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.hear(senior())
    made = await town.do("/v1/runs", {"month": "2026-10", "region": REGION}, status=202)
    with monkeypatch.context() as broken:
        broken.setattr(lines, "judge", lambda *_: (_ for _ in ()).throw(ArithmeticError("lost one")))
        await calculation.calculate_run(town.running.kernel, {"run_id": made["id"]})
    run = await town.ask(f"/v1/runs/{made['id']}")
    assert run["state"] == "failed"
    assert run["error"].startswith("系统内部错误,请将编号告知运维人员。 Something went wrong on our side.")
    assert "lost one" not in run["error"]
    again = await town.run("2026-10", [AGE])
    assert len(await town.lines(again["id"])) == 1


async def test_a_run_goes_on_where_a_crash_left_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.hear(senior())
    wanted = {"month": "2026-10", "region": REGION, "programmes": [AGE, "operating_subsidy", "meal_subsidy"]}
    made = await town.do("/v1/runs", wanted, status=202)
    whole, done = calculation.calculate_scope, list[int]()

    async def dies_at_the_second(*given: Any) -> int:
        if done:
            raise ConnectionError("gone")
        done.append(1)
        return await whole(*given)

    with monkeypatch.context() as broken:
        broken.setattr(calculation, "calculate_scope", dies_at_the_second)
        with pytest.raises(ConnectionError):
            await calculation.calculate_run(town.running.kernel, {"run_id": made["id"]})
    halfway = await town.ask(f"/v1/runs/{made['id']}")
    assert (halfway["state"], halfway["done"]) == ("calculating", 1)
    await town.hear(senior())
    await calculation.calculate_run(town.running.kernel, {"run_id": made["id"]})
    run = await town.ask(f"/v1/runs/{made['id']}")
    assert (run["state"], run["done"]) == ("calculated", 3)
    assert len(await town.lines(made["id"], programme=AGE)) == 1
    async with town.database.transaction(Scope.everywhere()) as session:
        assert await session.scalar(text("SELECT attempts FROM runs")) == 2


async def test_repayments_close_a_recovery_and_never_more_than_it(town: Town) -> None:
    old = senior()
    await town.hear(old)
    october = await town.approved("2026-10", [AGE])
    await town.batch(october["id"])
    await town.hear(senior(old.senior_id, version=2, died_on=date(2026, 9, 3)))
    await town.approved("2026-11", [AGE])
    (recovery,) = (await town.ask("/v1/recoveries"))["items"]
    path = f"/v1/recoveries/{recovery['id']}"
    repaid = {"kind": "repaid", "amount": "40.00", "document_no": "收1号"}
    await town.do(f"{path}/entries", repaid | {"amount": "60.01"}, status=409)
    pair = [town.clerk.post(f"{path}/entries", json=repaid) for _ in range(2)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*pair)) == [202, 409]
    await town.do(f"{path}/entries", {"kind": "waived", "amount": "20.00", "document_no": "核销1号"}, status=202)
    detail = await town.ask(path)
    assert detail["balance"] == "60.00"
    for request in detail["requests"]:
        await town.do(f"{path}/requests/{request['id']}/confirm", client=town.second)
    detail = await town.ask(path)
    assert (detail["balance"], detail["netted"]) == ("0.00", "0.00")
    assert [entry["amount"] for entry in detail["entries"]] == ["60.00", "-40.00", "-20.00"]
    assert [entry["confirmed_by"] for entry in detail["entries"]] == [None, "second", "second"]
    other = town.running.client(*SCOPES, regions=("321203",))
    assert (await other.get(path)).status_code == 404
