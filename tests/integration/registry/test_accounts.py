"""Bank accounts for payment files: in bulk, in clear, and written down."""

from uuid import uuid4

from tests.integration.registry.conftest import People
from tests.integration.registry.samples import GAOGANG, get, organization, post, senior


async def test_accounts_of_seniors_and_organisations_come_in_the_order_asked_with_one_audit_entry(
    people: People,
) -> None:
    one = await post(people.hailing, "/v1/seniors", senior())
    without = await post(people.hailing, "/v1/seniors", senior(bank_account=None))
    account = {"bank": "农商行", "account": "6222020000009999", "holder": "海陵示范养老院(普通合伙)"}
    home = await post(people.hailing, "/v1/organizations", organization(bank_account=account))
    elsewhere = await post(people.gaogang, "/v1/seniors", senior(region=GAOGANG))
    unknown = str(uuid4())
    ids = [home["organization_id"], one["senior_id"], without["senior_id"], elsewhere["senior_id"], unknown]
    answer = await people.hailing.post(
        "/v1/bank-accounts/lookup", json={"beneficiary_ids": ids, "purpose": "2026-10 发放文件"}
    )
    found = answer.json()
    assert [(a["beneficiary_kind"], a["holder"], a["account"]) for a in found["accounts"]] == [
        ("organization", "海陵示范养老院(普通合伙)", "6222020000009999"),
        ("senior", "单建国", "6222020000001234567"),
    ]
    assert found["missing"] == ids[2:]
    assert found["pending"] == []
    assert answer.headers["cache-control"] == "no-store"
    entries = (await get(people.city, "/v1/audit"))["items"]
    [entry] = [one for one in entries if one["action"].startswith("registry.bank-accounts")]
    assert entry["purpose"] == "2026-10 发放文件"
    assert entry["detail"]["beneficiary_ids"] == ids


async def test_a_lookup_needs_its_scope_a_purpose_and_keeps_the_limit(people: People) -> None:
    path = "/v1/bank-accounts/lookup"
    await post(people.hailing, path, {"beneficiary_ids": [str(uuid4())]}, 422)
    await post(people.hailing, path, {"beneficiary_ids": [], "purpose": "发放文件"}, 422)
    too_many = [str(uuid4()) for _ in range(10_001)]
    await post(people.hailing, path, {"beneficiary_ids": too_many, "purpose": "发放文件"}, 422)
    full = await post(people.hailing, path, {"beneficiary_ids": too_many[1:], "purpose": "发放文件"}, 200)
    assert len(full["missing"]) == 10_000
