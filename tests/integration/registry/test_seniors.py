"""Seniors on a real database: masked, audited, dated, isolated by region."""

import asyncio
from typing import Any

from sqlalchemy import text

from shared.contracts.registry import SeniorSnapshot
from shared.database import Scope
from tests.integration.registry.conftest import People
from tests.integration.registry.samples import GAOGANG, HAILING, get, identity_number, post, senior
from tests.support.services import RunningService


async def snapshots(registry: RunningService) -> list[SeniorSnapshot]:
    """What was published, in order."""
    async with registry.database.transaction(Scope.everywhere()) as session:
        rows = await session.scalars(text("SELECT data FROM outbox WHERE topic = 'registry.seniors' ORDER BY position"))
        return [SeniorSnapshot.model_validate_json(bytes(row)) for row in rows]


async def test_a_registered_senior_is_answered_masked_and_published_without_names(
    registry: RunningService, people: People
) -> None:
    body = senior()
    answer = await people.hailing.post("/v1/seniors", json=body)
    shown = answer.json()
    assert answer.status_code == 201
    assert answer.headers["etag"].startswith('"1-')
    assert shown["name"] == "单*"
    assert shown["identity_number"] == "3201" + "*" * 14
    assert shown["phone"] == "138****5678"
    assert shown["address"] == "泰州市海陵区城东街道****"
    assert shown["bank_account"].endswith("4567")
    assert body["identity_number"] not in answer.text
    assert (await get(people.hailing, f"/v1/seniors/{shown['senior_id']}")) == shown
    [event] = await snapshots(registry)
    assert str(event.senior_id) == shown["senior_id"]
    assert event.version == 1
    assert event.has_bank_account
    assert event.circumstances == ()  # hardship that no reader works with stays here
    assert "单" not in event.model_dump_json()


async def test_nothing_that_names_a_person_is_readable_in_the_tables(registry: RunningService, people: People) -> None:
    body = senior()
    await post(people.hailing, "/v1/seniors", body)
    async with registry.database.transaction(Scope.everywhere()) as session:
        for table in ("seniors", "senior_facts", "name_tokens", "outbox", "audit_waiting"):
            rows = await session.execute(text(f"SELECT CAST({table}.* AS text) FROM {table}"))
            stored = " ".join(row[0] for row in rows)
            for secret in ("单建国", body["identity_number"], "13800005678", "鼓楼路", "6222020000001234567"):
                assert secret not in stored
                assert secret.encode().hex() not in stored


async def test_a_district_sees_nothing_of_another_in_lists_counts_searches_or_by_id(people: People) -> None:
    ours = await post(people.hailing, "/v1/seniors", senior(name="张海"))
    number = identity_number()
    theirs = await post(people.gaogang, "/v1/seniors", senior(name="张港", region=GAOGANG, identity_number=number))
    assert [item["senior_id"] for item in (await get(people.hailing, "/v1/seniors"))["items"]] == [ours["senior_id"]]
    assert (await get(people.hailing, "/v1/seniors/counts"))["total"] == 1
    assert (await get(people.hailing, "/v1/seniors/counts", region=GAOGANG))["total"] == 0
    assert (await get(people.city, "/v1/seniors/counts"))["total"] == 2
    found = await post(people.hailing, "/v1/seniors/search", {"name": "zhang"}, 200)
    assert [item["senior_id"] for item in found["items"]] == [ours["senior_id"]]
    assert (await post(people.hailing, "/v1/seniors/search", {"identity_number": number}, 200))["items"] == []
    path = f"/v1/seniors/{theirs['senior_id']}"
    await get(people.hailing, path, 404)
    await post(people.hailing, f"{path}/reveal", {"fields": ["name"], "purpose": "试一试看"}, 404)
    death = {"died_on": "2026-01-01", "reported_on": "2026-01-02", "source": "试"}
    await post(people.hailing, f"{path}/death", death, 404)
    regions = {row["code"][:6] for row in await get(people.hailing, "/v1/regions")}
    assert regions == {"321202"}


async def test_a_senior_of_another_district_is_refused_before_the_database_has_to(people: People) -> None:
    refused = await people.hailing.post("/v1/seniors", json=senior(region=GAOGANG))
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("registry/outside-region")


async def test_one_identity_number_is_registered_once_even_by_two_clerks_at_once(people: People) -> None:
    number = identity_number()
    body, other = senior(identity_number=number), senior(identity_number=number, region=GAOGANG)
    answers = await asyncio.gather(
        *(people.hailing.post("/v1/seniors", json=body) for _ in range(4)),
        *(people.gaogang.post("/v1/seniors", json=other) for _ in range(4)),
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_a_duplicate_tells_the_other_file_only_to_who_may_see_it(people: People) -> None:
    number = identity_number()
    first = await post(people.hailing, "/v1/seniors", senior(identity_number=number))
    at_home = await post(people.hailing, "/v1/seniors", senior(identity_number=number), 409)
    assert at_home["senior_id"] == first["senior_id"]
    elsewhere = await post(people.gaogang, "/v1/seniors", senior(identity_number=number, region=GAOGANG), 409)
    assert "senior_id" not in elsewhere
    assert first["senior_id"] not in str(elsewhere)


async def test_names_are_found_by_characters_every_reading_and_initials(people: People) -> None:
    shan = await post(people.hailing, "/v1/seniors", senior(name="单建国"))
    await post(people.hailing, "/v1/seniors", senior(name="王秀英"))
    dotted = await post(people.hailing, "/v1/seniors", senior(name="买买提•吐尔逊"))
    rare = await post(people.hailing, "/v1/seniors", senior(name="张𠅤"))
    for query, expected in (
        ("单", shan),
        ("建国", shan),
        ("单建国", shan),
        ("shan jianguo", shan),
        ("DAN", shan),
        ("sjg", shan),
        ("单 jg", None),
        ("买买提·吐尔逊", dotted),
        ("𠅤", rare),
        ("李", None),
    ):
        found = await post(people.hailing, "/v1/seniors/search", {"name": query}, 200)
        assert [item["senior_id"] for item in found["items"]] == ([expected["senior_id"]] if expected else []), query


async def test_a_reveal_shows_clear_text_and_is_an_audit_entry_with_its_purpose(people: People) -> None:
    body = senior()
    one = await post(people.hailing, "/v1/seniors", body)
    path = f"/v1/seniors/{one['senior_id']}/reveal"
    wanted = {"fields": ["name", "identity_number", "address", "bank_account"], "purpose": "核对发放账户"}
    answer = await people.hailing.post(path, json=wanted)
    assert answer.headers["cache-control"] == "no-store"
    clear = answer.json()
    assert clear["identity_number"] == body["identity_number"]
    assert clear["address"]["datum"] == "GCJ-02"
    assert clear["bank_account"]["account"] == body["bank_account"]["account"]
    assert clear["phone"] is None
    entries = (await get(people.hailing, "/v1/audit"))["items"]
    [entry] = [one for one in entries if one["purpose"]]
    assert (entry["action"], entry["purpose"]) == ("registry.seniors.reveal", "核对发放账户")
    assert entry["target"] == one["senior_id"]
    await post(people.hailing, path, {"fields": ["name"]}, 422)


async def test_facts_are_answered_as_of_a_day_and_as_known_at_a_moment(people: People) -> None:
    one = await post(people.hailing, "/v1/seniors", senior(circumstances=[]))
    path = f"/v1/seniors/{one['senior_id']}"
    fact = {"kind": "income", "value": "subsistence_allowance", "valid_from": "2025-01-01", "source": "低保证"}
    first = await post(people.hailing, f"{path}/circumstances", fact)
    before = first["recorded_at"]
    ended = {"kind": "income", "value": "ordinary", "valid_from": "2026-03-01", "source": "复核"}
    later = await post(people.hailing, f"{path}/circumstances", ended)
    assert [(f["value"], f["valid_from"], f["valid_to"]) for f in later["circumstances"]] == [
        ("subsistence_allowance", "2025-01-01", "2026-02-28"),
        ("ordinary", "2026-03-01", None),
    ]
    assert later["version"] == 3

    async def value(**query: Any) -> list[str]:
        return [fact["value"] for fact in (await get(people.hailing, path, **query))["circumstances"]]

    assert await value(as_of="2026-04-01") == ["ordinary"]
    assert await value(as_of="2026-04-01", known_at=before) == ["subsistence_allowance"]
    assert await value(as_of="2026-02-28") == ["subsistence_allowance"]
    assert await value(as_of="2024-12-31") == []
    assert await value(known_at=one["recorded_at"]) == []


async def test_a_wrong_circumstance_is_withdrawn_and_stays_visible_as_then_known(people: People) -> None:
    one = await post(people.hailing, "/v1/seniors", senior())
    path = f"/v1/seniors/{one['senior_id']}"
    fact_id = one["circumstances"][0]["fact_id"]
    after = await post(people.hailing, f"{path}/circumstances/{fact_id}/withdrawal", {"source": "误录"}, 200)
    assert after["circumstances"] == []
    then = await get(people.hailing, path, known_at=one["recorded_at"])
    assert [fact["fact_id"] for fact in then["circumstances"]] == [fact_id]
    await post(people.hailing, f"{path}/circumstances/{fact_id}/withdrawal", {"source": "误录"}, 404)
    residence = one["residences"][0]["fact_id"]
    await post(people.hailing, f"{path}/circumstances/{residence}/withdrawal", {"source": "误录"}, 404)


async def test_a_death_is_corrected_and_withdrawn_without_losing_what_was_known(
    registry: RunningService, people: People
) -> None:
    one = await post(people.hailing, "/v1/seniors", senior())
    path = f"/v1/seniors/{one['senior_id']}"
    dead = await post(
        people.hailing, f"{path}/death", {"died_on": "2026-10-03", "reported_on": "2026-10-20", "source": "公安"}
    )
    assert (dead["status"], dead["died_on"], dead["death_reported_on"]) == ("deceased", "2026-10-03", "2026-10-20")
    assert (await get(people.hailing, path, as_of="2026-10-02"))["status"] == "active"
    moved = await post(
        people.hailing, f"{path}/death", {"died_on": "2026-10-05", "reported_on": "2026-10-20", "source": "更正"}
    )
    assert moved["died_on"] == "2026-10-05"
    assert (await get(people.hailing, path, known_at=dead["recorded_at"]))["died_on"] == "2026-10-03"
    assert (await get(people.hailing, "/v1/seniors", status="deceased"))["items"][0]["senior_id"] == one["senior_id"]
    alive = await post(people.hailing, f"{path}/death/withdrawal", {"source": "同名误报"}, 200)
    assert (alive["status"], alive["died_on"]) == ("active", None)
    await post(people.hailing, f"{path}/death/withdrawal", {"source": "同名误报"}, 409)
    events = await snapshots(registry)
    assert [event.version for event in events] == [1, 2, 3, 4]
    assert [str(event.died_on) for event in events] == ["None", "2026-10-03", "2026-10-05", "None"]


async def test_impossible_deaths_are_refused(people: People) -> None:
    one = await post(people.hailing, "/v1/seniors", senior())
    path = f"/v1/seniors/{one['senior_id']}/death"
    for died_on, reported_on in (
        ("2026-10-21", "2026-10-20"),
        ("2026-10-20", "2099-01-01"),
        ("1900-01-01", "2026-10-20"),
        ("2026-02-30", "2026-10-20"),
        (20261003, "2026-10-20"),
    ):
        await post(people.hailing, path, {"died_on": died_on, "reported_on": reported_on, "source": "公安"}, 422)
    assert (await get(people.hailing, f"/v1/seniors/{one['senior_id']}"))["version"] == 1


async def test_an_amendment_needs_the_etag_that_was_read(people: People) -> None:
    one = await post(people.hailing, "/v1/seniors", senior())
    path = f"/v1/seniors/{one['senior_id']}"
    change = {"phone": "13900001234", "address": None}
    assert (await people.hailing.patch(path, json=change)).status_code == 428
    assert (await people.hailing.patch(path, json=change, headers={"if-match": '"7"'})).status_code == 412
    changed = await people.hailing.patch(path, json=change, headers={"if-match": '"1"'})
    assert changed.status_code == 200
    assert changed.headers["etag"].startswith('"2-')
    assert (changed.json()["phone"], changed.json()["address"]) == ("139****1234", None)
    assert (await people.hailing.patch(path, json=change, headers={"if-match": '"1"'})).status_code == 412


async def test_a_move_takes_the_file_to_the_new_district_and_only_the_city_may_do_it(
    registry: RunningService, people: People
) -> None:
    one = await post(people.hailing, "/v1/seniors", senior(name="张搬家"))
    path = f"/v1/seniors/{one['senior_id']}"
    move = {"region": GAOGANG, "valid_from": "2026-07-01", "source": "户籍迁移"}
    await post(people.hailing, f"{path}/residences", move, 403)
    moved = await post(people.city, f"{path}/residences", move)
    assert [(fact["value"], fact["valid_to"]) for fact in moved["residences"]] == [
        (HAILING, "2026-06-30"),
        (GAOGANG, None),
    ]
    await get(people.hailing, path, 404)
    assert (await get(people.gaogang, path))["circumstances"] == moved["circumstances"]
    assert (await post(people.gaogang, "/v1/seniors/search", {"name": "搬家"}, 200))["items"] != []
    assert (await post(people.hailing, "/v1/seniors/search", {"name": "搬家"}, 200))["items"] == []
    left = await post(people.gaogang, f"{path}/departure", {"last_day": "2026-09-30", "source": "迁出证"}, 200)
    assert left["status"] == "moved_out"
    assert (await snapshots(registry))[-1].status == "moved_out"
    await post(people.gaogang, f"{path}/departure", {"last_day": "2026-09-30", "source": "迁出证"}, 422)


async def test_pages_follow_one_another_without_gap_or_repeat(people: People) -> None:
    made = {(await post(people.hailing, "/v1/seniors", senior(name="张翻页")))["senior_id"] for _ in range(7)}
    for first in ("/v1/seniors", "search"):
        seen: list[str] = []
        cursor: str | None = None
        while True:
            if first == "search":
                body: dict[str, Any] = {"name": "zfy", "limit": 3, "cursor": cursor}
                page = await post(people.hailing, "/v1/seniors/search", body, 200)
            else:
                page = await get(people.hailing, first, limit=3, cursor=cursor or None)
            seen += [item["senior_id"] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(seen) == 7
        assert set(seen) == made
    await get(people.hailing, "/v1/seniors", 422, cursor="bm90LW91cnM")


async def test_bad_input_is_a_clear_refusal_and_changes_nothing(registry: RunningService, people: People) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "/identity_number": {"identity_number": "320199194103050026"},
        "/region": {"region": "999999000000"},
        "/name": {"name": "张\x00三"},
        "/colour": {"colour": "red"},
        "/phone": {"phone": "call me"},
        "/resident_since": {"resident_since": "2026-02-30"},
        "/address": {"address": {"text": "某路1号", "latitude": 32.1, "longitude": 119.9}},
        "/address/datum": {"address": {"text": "某路", "latitude": 32.1, "longitude": 119.9, "datum": "CGCS2000"}},
        "/address/latitude": {"address": {"text": "某路", "latitude": "32", "longitude": 119.9, "datum": "WGS-84"}},
        "/circumstances/0": {
            "circumstances": [{"kind": "income", "value": "rich", "valid_from": "2026-01-01", "source": "x"}]
        },
    }
    for pointer, change in wrong.items():
        answer = await people.hailing.post("/v1/seniors", json=senior(**change))
        assert answer.status_code == 422, (pointer, answer.text)
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    long = await people.hailing.post("/v1/seniors", json=senior(name="长" * 51))
    assert long.status_code == 422
    early = await people.hailing.post("/v1/seniors", json=senior(resident_since="1900-01-01"))
    assert early.status_code == 422
    assert (await get(people.city, "/v1/seniors/counts"))["total"] == 0
    assert await snapshots(registry) == []
