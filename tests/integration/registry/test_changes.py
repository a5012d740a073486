"""Where money goes and who somebody is change by a request that a second person decides."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.contracts.registry import ChangeRecorded, SeniorSnapshot
from shared.database import Scope
from tests.integration.registry.conftest import EVERYTHING
from tests.integration.registry.samples import HAILING, get, identity_number, organization, post, senior
from tests.support.services import RunningService

NEW = {"bank": "示范银行", "account": "6222020000007654321", "holder": "王代领"}
FIELDS = [
    ("seniors", {"bank_account": NEW}),
    ("seniors", {"bank_account": None}),
    ("seniors", {"name": "张改名"}),
    ("seniors", {"identity_number": "321202194103050025"}),
    ("seniors", {"name": "张改名", "identity_number": "321202194103050025"}),
    ("organizations", {"bank_account": NEW}),
    ("organizations", {"bank_account": None}),
    ("organizations", {"name": "改名养老院"}),
]
"""Every field that moves money or says who somebody is."""
each_field = pytest.mark.parametrize(("kind", "change"), FIELDS)
DOCUMENT = {"document_no": "变更申请〔2026〕1号"}


class Office:
    """A clerk, another clerk, and one who decides; everybody holds every scope, so only the persons differ."""

    def __init__(self, registry: RunningService, clerk: httpx.AsyncClient, other: httpx.AsyncClient) -> None:
        self.registry, self.clerk, self.other = registry, clerk, other

    async def rows(self, query: str) -> list[Any]:
        """Rows of the registry's tables."""
        async with self.registry.database.transaction(Scope.everywhere()) as session:
            return list((await session.execute(text(query))).all())

    async def made(self, kind: str) -> str:
        """A senior or an organisation with an account; its path."""
        account = {"bank": "农商行", "account": "6222020000001234567"}
        body = senior() if kind == "seniors" else organization(bank_account=account)
        answer = await post(self.clerk, f"/v1/{kind}", body)
        return f"/v1/{kind}/{answer[kind[:-1] + '_id']}"

    async def asked(self, path: str, change: dict[str, Any], expect: int = 201, version: int = 1) -> dict[str, Any]:
        """A request to change something."""
        answer = await self.clerk.post(f"{path}/changes", json=change | DOCUMENT, headers={"if-match": f'"{version}"'})
        assert answer.status_code == expect, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def moved(self, who: httpx.AsyncClient, change: dict[str, Any], action: str, **more: Any) -> httpx.Response:
        """A step of a request."""
        body = {"reason": "已核对"}
        tag = {"if-match": f'"{change["version"]}"'} | more
        return await who.post(f"/v1/changes/{change['change_id']}/{action}", json=body, headers=tag)

    async def looked_up(self, path: str) -> dict[str, Any]:
        """What who pays is told."""
        *_, kind, key = path.split("/")
        asked = {"beneficiaries": [{"kind": kind[:-1], "id": key}], "purpose": "发放文件"}
        found: dict[str, Any] = await post(self.clerk, "/v1/bank-accounts/lookup", asked, 200)
        return found


@pytest.fixture
async def office(registry: RunningService) -> AsyncIterator[Office]:
    """Two persons of one district at one client."""
    async with AsyncExitStack() as stack:
        scopes = (*EVERYTHING, "audit:read")
        clients = [
            await stack.enter_async_context(registry.client(*scopes, regions=["321202"], subject=subject))
            for subject in ("li", "wang")
        ]
        yield Office(registry, *clients)


@each_field
async def test_a_patch_changes_neither_account_nor_identity_and_names_the_way(
    office: Office, kind: str, change: dict[str, Any]
) -> None:
    path = await office.made(kind)
    before = await office.rows(f"SELECT t::text FROM {kind} t")
    answer = await office.clerk.patch(path, json=change, headers={"if-match": '"1"'})
    problem = answer.json()
    assert (answer.status_code, problem["type"].rpartition("/problems/")[2]) == (409, "registry/change-needs-request")
    assert problem["route"] == f"/registry{path}/changes"
    assert {error["pointer"] for error in problem["errors"]} == {f"/{name}" for name in change}
    assert await office.rows(f"SELECT t::text FROM {kind} t") == before


@each_field
async def test_nothing_is_paid_between_the_request_and_the_decision_of_a_second_person(
    office: Office, kind: str, change: dict[str, Any]
) -> None:
    path = await office.made(kind)
    before = (await office.looked_up(path))["accounts"]
    assert len(before) == 1
    made = await office.asked(path, change)
    waiting = await office.looked_up(path)
    assert (waiting["accounts"], [one["id"] for one in waiting["pending"]]) == ([], [made["subject_id"]])
    old_form = {"beneficiary_ids": [made["subject_id"]], "purpose": "发放文件"}
    told = await post(office.clerk, "/v1/bank-accounts/lookup", old_form, 200)
    assert (told["accounts"], told["missing"]) == ([], [made["subject_id"]])
    own = await office.moved(office.clerk, made, "approve")
    assert (own.status_code, own.json()["type"].rpartition("/")[2]) == (403, "second-person")
    assert (await office.moved(office.clerk, made, "refuse")).status_code == 403
    assert (await office.moved(office.other, made, "approve")).status_code == 200
    after = await office.looked_up(path)
    assert after["pending"] == []
    assert after["accounts"] != before or "identity_number" in change
    if change.get("bank_account"):
        assert [after["accounts"][0][name] for name in ("bank", "account", "holder")] == list(NEW.values())
    if "name" in change:
        assert after["accounts"][0]["holder"] == change["name"]


@each_field
async def test_a_refused_or_withdrawn_request_changes_nothing_and_lets_payments_go_on(
    office: Office, kind: str, change: dict[str, Any]
) -> None:
    path = await office.made(kind)
    before = await office.rows(f"SELECT t::text FROM {kind} t")
    for who, action in ((office.other, "refuse"), (office.clerk, "withdraw")):
        made = await office.asked(path, change)
        assert (await office.moved(who, made, action)).status_code == 200
        assert len((await office.looked_up(path))["accounts"]) == 1
        again = await office.moved(office.other, made | {"version": 2}, "approve")
        assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "change-settled")
    assert await office.rows(f"SELECT t::text FROM {kind} t") == before


@each_field
async def test_every_step_is_audited_and_told_without_any_value(
    office: Office, kind: str, change: dict[str, Any]
) -> None:
    path = await office.made(kind)
    made = await office.asked(path, change)
    await office.moved(office.other, made, "approve")
    entries = [one for one in (await get(office.clerk, "/v1/audit"))["items"] if "changes" in one["action"]]
    assert [(one["action"], one["subject"]) for one in entries] == [
        ("registry.changes.request", "li"),
        ("registry.changes.approve", "wang"),
    ]
    rows = await office.rows("SELECT data FROM outbox WHERE topic = 'registry.changes' ORDER BY position")
    told = [ChangeRecorded.model_validate_json(bytes(row.data)) for row in rows]
    assert [(one.version, one.state, one.region) for one in told] == [
        (1, "requested", HAILING),
        (2, "approved", HAILING),
    ]
    shown = json.dumps([entries, [bytes(row.data).decode() for row in rows]], ensure_ascii=False)
    stored = str(await office.rows("SELECT t::text FROM changes t"))
    secrets = [value for value in (change.get("bank_account") or change).values() if value]
    assert [secret for secret in (*secrets, "6222020000001234567") if secret in shown or secret in stored] == []


async def test_old_and_new_stay_as_history_masked_and_in_clear_only_for_who_decides(office: Office) -> None:
    path = await office.made("seniors")
    made = await office.asked(path, {"bank_account": NEW})
    masked = [made[side]["account"] for side in ("old", "new")]
    assert masked == ["****4567", "****4321"]
    clear = await post(office.other, f"/v1/changes/{made['change_id']}/reveal", {"purpose": "审批核对"}, 200)
    assert (clear["old"]["account"], clear["new"]["account"]) == ("6222020000001234567", NEW["account"])
    await office.moved(office.other, made, "approve")
    [item] = (await get(office.clerk, "/v1/changes", subject_id=made["subject_id"]))["items"]
    assert (item["state"], item["requested_by"], item["settled_by"]) == ("approved", "li", "wang")
    assert item["document_no"] == DOCUMENT["document_no"]
    [last] = (await office.rows("SELECT data FROM outbox WHERE topic = 'registry.seniors' ORDER BY position DESC"))[:1]
    assert SeniorSnapshot.model_validate_json(bytes(last.data)).version == 2


async def test_versions_count_for_requests_and_for_decisions(office: Office) -> None:
    path = await office.made("seniors")
    bare = await office.clerk.post(f"{path}/changes", json={"bank_account": NEW} | DOCUMENT)
    assert bare.status_code == 428
    await office.asked(path, {"bank_account": NEW}, 412, version=7)
    made = await office.asked(path, {"bank_account": NEW})
    assert (await office.moved(office.other, made | {"version": 9}, "approve")).status_code == 412
    unread = await office.other.post(f"/v1/changes/{made['change_id']}/approve", json={})
    assert unread.status_code == 428


async def test_of_two_requests_at_once_on_one_topic_one_is_open_and_of_two_decisions_one_counts(
    office: Office,
) -> None:
    path = await office.made("seniors")
    tag = {"if-match": '"1"'}
    answers = await asyncio.gather(
        *(office.clerk.post(f"{path}/changes", json={"bank_account": NEW} | DOCUMENT, headers=tag) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    made = next(answer.json() for answer in answers if answer.status_code == 201)
    await office.asked(path, {"name": "张改名"})
    steps = ("approve", "refuse", "approve")
    settled = await asyncio.gather(*(office.moved(office.other, made, step) for step in steps))
    assert sorted(answer.status_code for answer in settled) == [200, 412, 412]


async def test_an_identity_number_of_somebody_elsewhere_is_refused_when_asked_and_when_approved(
    office: Office,
) -> None:
    first, second = await office.made("seniors"), await office.made("seniors")
    theirs, free = identity_number(), identity_number()
    elsewhere = office.registry.client("registry.seniors:write", regions=["321203"], client="else")
    await post(elsewhere, "/v1/seniors", senior(region="321203000000", identity_number=theirs))
    await office.asked(first, {"identity_number": theirs}, 409)
    one, other = (
        await office.asked(first, {"identity_number": free}),
        await office.asked(second, {"identity_number": free}),
    )
    assert (await office.moved(office.other, one, "approve")).status_code == 200
    late = await office.moved(office.other, other, "approve")
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (409, "senior-known")
    found = await post(office.clerk, "/v1/seniors/search", {"identity_number": free}, 200)
    assert [item["senior_id"] for item in found["items"]] == [one["subject_id"]]


async def test_the_database_too_refuses_a_decision_by_who_asked(office: Office) -> None:
    await office.asked(await office.made("seniors"), {"bank_account": NEW})
    with pytest.raises(Exception, match="four_eyes"):
        await office.rows(
            "UPDATE changes SET state = 'approved', settled_by = requested_by, settled_at = now() RETURNING change_id"
        )
    for statement in ("DELETE FROM changes RETURNING 1", "UPDATE changes SET requested_by = 'x' RETURNING 1"):
        with pytest.raises(Exception, match="permission denied"):
            await office.rows(statement)


async def test_an_open_request_follows_its_senior_to_another_region(office: Office) -> None:
    path = await office.made("seniors")
    made = await office.asked(path, {"bank_account": NEW})
    city = office.registry.client(*EVERYTHING, regions=["3212"], subject="city")
    move = {"region": "321203000000", "valid_from": "2026-10-01", "source": "公安户籍"}
    await post(city, f"{path}/residences", move)
    assert (await get(city, f"/v1/changes/{made['change_id']}"))["region"] == "321203000000"
    await get(office.clerk, f"/v1/changes/{made['change_id']}", 404)


async def test_an_import_of_a_known_number_changes_nothing_of_the_person(office: Office) -> None:
    number = identity_number()
    known = await post(office.clerk, "/v1/seniors", senior(identity_number=number))
    before = await office.rows("SELECT t::text FROM seniors t")
    sheet = f"姓名,身份证号,区划代码,开户银行,银行账号\n王别名,{number},{HAILING},别家银行,6222029999999999\n"
    answer = await office.clerk.post(
        "/v1/imports", content=sheet.encode(), headers={"content-type": "text/csv"}, params={"source": "比对"}
    )
    assert answer.status_code in {200, 201, 202}, answer.text
    path = f"/v1/imports/{answer.json()['import_id']}"
    for _ in range(100):
        state = await get(office.clerk, path)
        if state["status"] == "finished":
            break
        await asyncio.sleep(0.1)
    assert (state["rows_done"], state["rows_rejected"]) == (0, 1)
    assert await office.rows("SELECT t::text FROM seniors t") == before
    assert len((await office.looked_up(f"/v1/seniors/{known['senior_id']}"))["accounts"]) == 1


async def test_one_connection_takes_any_number_of_requests(office: Office) -> None:
    """From the sixth on PostgreSQL plans for all values at once: the index of open requests must still be found."""
    paths = [await office.made(kind) for kind in ["seniors", "organizations"] * 9]
    for path in paths:
        await office.asked(path, {"bank_account": NEW})
        await office.asked(path, {"bank_account": NEW}, 409)
    [(waiting,)] = await office.rows("SELECT count(*) FROM changes WHERE state = 'requested'")
    assert waiting == len(paths)
