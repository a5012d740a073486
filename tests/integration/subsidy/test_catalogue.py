"""The law as people read it: anybody who is signed in, whatever region is his own."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from deploy.demo import clients
from services.subsidy.engine import Pack
from tests.integration.subsidy.town import Town, senior

DISTRICT, CITY, NEIGHBOUR = "321202", "321200", "321203"
AGE, MEAL = "longevity_allowance", "meal_subsidy"


@pytest.fixture
async def reader(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody from far away who may read the law and nothing else."""
    async with town.running.client("subsidy.policies:read", regions=["11"]) as http:
        yield http


async def read(http: httpx.AsyncClient, path: str, language: str = "zh", **query: str) -> Any:
    """GET; the answer must be 200."""
    answer = await http.get(path, params=query, headers={"accept-language": language})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_packs_name_their_programmes_and_the_sentences_they_rest_on(reader: httpx.AsyncClient) -> None:
    packs = {pack["region"]: pack for pack in await read(reader, "/v1/packs")}
    own = packs[f"{DISTRICT}000000"]
    assert own["sample"] is True
    assert {AGE, MEAL} <= {law["code"] for law in own["programmes"]}
    assert all(law["quotation"] for pack in packs.values() for law in pack["programmes"])


async def test_a_programme_says_what_it_is_and_what_keeps_it_from_being_paid(reader: httpx.AsyncClient) -> None:
    found = {each["code"]: each for each in await read(reader, f"/v1/regions/{NEIGHBOUR}/programmes")}
    meals = found[MEAL]
    assert meals["payable"] is False
    obstacles = {each["code"]: each for each in meals["obstacles"]}
    assert "经办人录入" in obstacles["effective_date_missing"]["text"]
    amount = obstacles["meal_subsidy.amount"]
    assert amount["text"] == "尚未规定:每餐补贴标准"
    assert amount["undecided"]["decided_by"] == "县(市、区)民政部门会同财政部门"
    rule = meals["rule"]
    assert (rule["force"]["name"], rule["form"]["code"], rule["payee"]["code"]) == ("必须执行", "cash", "vendor")
    assert "每份一个金额" in rule["formula"]["name"]
    assert "service_date" in {need["column"] for need in rule["needs"]}
    assert rule["source"]["quotation"].startswith("适当提高老年人助餐补贴")
    age = found[AGE]
    assert "longevity_allowance.amount" not in {each["code"] for each in age["obstacles"]}
    assert "longevity_allowance.death_month" in {each["code"] for each in age["obstacles"]}


async def test_a_draft_says_that_it_is_one_and_an_incomplete_text_never_says_that_there_is_no_rule(
    reader: httpx.AsyncClient,
) -> None:
    packs = {pack["status"]: pack for pack in await read(reader, "/v1/packs")}
    drafted = await read(reader, f"/v1/regions/{packs['draft']['region']}/programmes")
    codes = {each["code"] for one in drafted if one["availability"] == "known" for each in one["obstacles"]}
    assert {"document_is_draft", "effective_date_missing"} <= codes
    assert not any(one["payable"] for one in drafted)
    cut_off = [pack["region"] for pack in await read(reader, "/v1/packs") if not pack["complete"]]
    assert cut_off
    for region in cut_off:
        found = await read(reader, f"/v1/regions/{region}/programmes")
        missing = [one for one in found if one["rule"] is None]
        assert missing
        assert {one["availability"] for one in missing} == {"not_in_available_text"}
        assert all("现有文本中没有" in one["availability_text"] for one in missing)
        one = await read(reader, f"/v1/regions/{region}/programmes/{missing[0]['code']}", "en")
        assert "that does not mean that there is no rule" in one["obstacles"][0]["text"]
        for document in await read(reader, f"/v1/regions/{region}/documents"):
            whole = await read(reader, f"/v1/regions/{region}/documents/{document['id']}")
            assert all(each["start"] is not None for each in whole["quotations"])


async def test_where_everything_is_decided_a_programme_can_be_paid(reader: httpx.AsyncClient) -> None:
    paid = await read(reader, f"/v1/regions/{DISTRICT}/programmes/{AGE}", "en", on="2026-10-01")
    assert (paid["payable"], paid["obstacles"], paid["name"]) == (True, [], "Longevity allowance")
    assert paid["rule"]["conditions"][0]["otherwise"] == {"code": "not_eligible", "name": "nothing is paid"}
    before = await read(reader, f"/v1/regions/{DISTRICT}/programmes/{AGE}", on="2025-12-31")
    assert before["obstacles"][0]["code"] == "before_effective_date"


async def test_a_value_on_a_day_has_its_words_its_figures_and_who_entered_its_date(reader: httpx.AsyncClient) -> None:
    path = f"/v1/regions/{DISTRICT}/parameters"
    amount = await read(reader, f"{path}/longevity_allowance.amount", on="2026-10-01")
    assert amount["value"]["text"] == "80至89周岁:60.00元/人·月;90至99周岁:100.00元/人·月;100周岁以上:300.00元/人·月"
    assert amount["value"]["figures"][0] == {"at_least": 80, "at_most": 89, "value": "60"}
    assert (amount["value"]["own"], amount["value"]["since"]) == (True, "2026-01-01")
    assert amount["semantics"]["code"] == "floor"
    city, own = amount["history"]
    assert (city["own"], own["own"]) == (False, True)
    assert city["text"].startswith("80至89周岁:50.00元")
    assert city["entered"]["entered_by"] == "演示办事员 demo clerk"
    assert amount["programmes"] == [AGE]
    rate = {each["id"]: each for each in await read(reader, path, programme="operating_subsidy", on="2025-01-01")}
    assert rate["operating_subsidy.base"]["value"] is None
    english = await read(reader, f"{path}/longevity_allowance.death_month", "en")
    assert english["value"]["text"] == "the month of death is paid"


async def test_the_clerk_sees_what_is_undecided_and_who_decides(reader: httpx.AsyncClient) -> None:
    found = await read(reader, f"/v1/regions/{NEIGHBOUR}/undecided")
    assert [each["id"] for each in found["effective_dates"]] == ["taizhou-2020"]
    missing = {each["parameter"]: each for each in found["decisions"]}
    assert missing["meal_subsidy.amount"]["missing_decision"] == "文件要求适当提高标准,没有写明每餐多少元"
    assert missing["meal_subsidy.amount"]["programmes"] == [MEAL]
    assert "longevity_allowance.amount" not in missing
    here = {each["parameter"] for each in (await read(reader, f"/v1/regions/{DISTRICT}/undecided"))["decisions"]}
    assert "meal_subsidy.amount" not in here


async def test_a_document_shows_its_text_and_where_every_quoted_sentence_stands(reader: httpx.AsyncClient) -> None:
    listed = await read(reader, f"/v1/regions/{DISTRICT}/documents")
    assert [each["id"] for each in listed] == ["taizhou-2020", "sample-321202"]
    whole = await read(reader, f"/v1/regions/{DISTRICT}/documents/taizhou-2020")
    assert whole["completeness"] == {"code": "complete", "name": "文本完整"}
    assert whole["sha256"] == hashlib.sha256(whole["text"].encode()).hexdigest()
    assert len(whole["quotations"]) == whole["quoted"] > 5
    for each in whole["quotations"]:
        assert whole["text"][each["start"] : each["end"]] == each["quotation"]
    starts = [each["start"] for each in whole["quotations"]]
    assert starts == sorted(starts)
    rules = {rule["id"] for each in whole["quotations"] for rule in each["rules"]}
    assert {AGE, "longevity_allowance.amount", "meal_subsidy.listed"} <= rules
    own = await read(reader, f"/v1/regions/{DISTRICT}/documents/sample-321202")
    assert "演示样例" in own["text"]


async def test_targets_stay_after_their_date_and_pairs_say_what_is_decided(reader: httpx.AsyncClient) -> None:
    targets = {each["id"]: each for each in await read(reader, f"/v1/regions/{CITY}/targets", on="2026-10-01")}
    assert targets["targets.assessed_seniors"]["past_due"] is True
    assert targets["targets.assessed_seniors"]["wanted"] == "不低于100%"
    assert [quota["year"] for quota in targets["targets.retrofits_per_year"]["quotas"]] == [2020, 2021, 2022]
    pairs = await read(reader, f"/v1/regions/{CITY}/stacking")
    pair = next(
        each for each in pairs if {each["first"]["code"], each["second"]["code"]} == {AGE, "institution_voucher"}
    )
    assert pair["relation"] is None
    assert "尚未规定" in pair["text"]
    assert pair["undecided"]["decided_by"]


async def test_levels_and_purchase_categories_are_lists_in_the_documents_words(reader: httpx.AsyncClient) -> None:
    levels = {each["parameter"]: each for each in await read(reader, f"/v1/regions/{CITY}/levels")}
    assert levels["levels.care_level"]["lines"] == []
    assert levels["levels.care_level"]["undecided"]["decided_by"]
    (bought,) = await read(reader, f"/v1/regions/{CITY}/purchase-categories")
    assert bought["source"]["clause"].startswith("四")


async def test_an_answer_is_told_apart_by_its_tag_and_its_language(reader: httpx.AsyncClient) -> None:
    path = f"/v1/regions/{DISTRICT}/parameters/longevity_allowance.amount"
    first = await reader.get(path, params={"on": "2026-10-01"})
    assert first.headers["cache-control"] == "public, no-cache"
    tag = first.headers["etag"]
    same = await reader.get(path, params={"on": "2026-10-01"}, headers={"if-none-match": tag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    for query, headers in (({"on": "2026-10-02"}, {}), ({"on": "2026-10-01"}, {"accept-language": "en"})):
        other = await reader.get(path, params=query, headers={"if-none-match": tag, **headers})
        assert other.status_code == 200
        assert other.headers["etag"] != tag


async def test_nobody_without_a_token_reads_and_what_is_not_there_is_not_found(
    town: Town, reader: httpx.AsyncClient
) -> None:
    async with town.running.anonymous() as stranger:
        assert (await stranger.get("/v1/packs")).status_code == 401
    for path in (
        "/v1/regions/999999/programmes",
        f"/v1/regions/{DISTRICT}/programmes/moon_subsidy",
        f"/v1/regions/{DISTRICT}/parameters/moon.amount",
        f"/v1/regions/{DISTRICT}/documents/moon",
        f"/v1/packs/{'0' * 64}",
        f"/v1/packs/{'0' * 64}/snapshot",
        f"/v1/packs/{'0' * 64}/diff/{'0' * 64}",
    ):
        answer = await reader.get(path)
        assert answer.status_code == 404, path
    assert (await reader.get("/v1/regions/3212/programmes")).status_code == 422
    for day in ("0", "2026-10", "1609459200", "2026-02-30"):
        assert (await reader.get(f"/v1/regions/{DISTRICT}/targets", params={"on": day})).status_code == 422
    for day in ("0001-01-01", "9999-12-31"):
        for what in ("programmes", "parameters", "undecided", "targets", "stacking", "levels"):
            await read(reader, f"/v1/regions/{DISTRICT}/{what}", on=day)


async def test_every_demo_client_reads_the_law() -> None:
    assert [name for name, each in clients.load().items() if "subsidy.policies:read" not in each.scopes] == []


async def test_a_pack_is_read_kept_and_compared_by_its_hash(town: Town, reader: httpx.AsyncClient) -> None:
    await town.hear(senior())
    run = await town.run("2026-10", [AGE])
    hashes = {pack["region"][:6]: pack["hash"] for pack in await read(reader, "/v1/packs")}
    used = (await town.lines(run["id"]))[0]["pack_hash"]
    assert used == hashes[DISTRICT]
    whole = await read(reader, f"/v1/packs/{used}", "en")
    assert whole["in_use"] is True
    assert "They are no law" in whole["note"]
    snapshot = await reader.get(f"/v1/packs/{used}/snapshot")
    assert hashlib.sha256(snapshot.content).hexdigest() == used
    assert Pack.restore(snapshot.text).region == DISTRICT
    diff = await read(reader, f"/v1/packs/{hashes[CITY]}/diff/{used}")
    texts = [change["text"] for change in diff["changes"]]
    assert any("施行日期由未定改为2026年1月1日" in text for text in texts)
    raised = next(change for change in diff["changes"] if change["part"] == "value.80-89")
    assert (raised["before"], raised["after"], raised["month"]) == ("50.00元/人·月", "60.00元/人·月", "2026-01")
    assert [word["code"] for word in raised["programmes"]] == [AGE]
    assert raised["concerns"] == "涉及:尊老金;老年人;80至89周岁;自2026年1月起。"
    same = await read(reader, f"/v1/packs/{used}/diff/{used}")
    assert (same["same"], same["changes"]) == (True, [])
