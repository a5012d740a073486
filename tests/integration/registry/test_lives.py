"""Every way into the register asks the same rules of a life, whichever of two facts arrives first."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any

import httpx
import pytest

from shared.clock import today
from tests.integration.registry.conftest import People
from tests.integration.registry.files import ended, upload
from tests.integration.registry.samples import (
    GAOGANG,
    HAILING,
    full_marks,
    get,
    identity_number,
    organization,
    post,
    senior,
)
from tests.integration.registry.test_imports import rejects
from tests.support.proof import PROOF
from tests.support.services import RunningService

ONE = timedelta(days=1)
LIVES = 60 if PROOF else 4
"""Random lives beside the edges, for each kind of fact."""


_number = count(1)


def born(day: date) -> str:
    """A new number of somebody born on a day."""
    return identity_number(day, next(_number))


def can_be(day: date, birth: date, died: date | None = None) -> bool:
    """The second formulation: between birth and today, and not after the death."""
    return birth <= day <= min(today(), died or today())


@dataclass(frozen=True)
class Desk:
    """A clerk with a home of unknown age and an assessing body, who tells facts and says what was answered."""

    http: httpx.AsyncClient
    home: str
    assessor: str

    @classmethod
    async def of(cls, http: httpx.AsyncClient) -> "Desk":
        """With new organisations."""
        home = await post(http, "/v1/organizations", organization(operation_modes=[], grades=[]))
        assessor = await post(http, "/v1/organizations", organization("assessor"))
        return cls(http, home["organization_id"], assessor["organization_id"])

    async def registered(self, birth: date, since: date | None = None) -> str:
        """A senior who has lived here since birth, or since a day."""
        body = senior(identity_number=born(birth), resident_since=str(since or birth), circumstances=[])
        return str((await post(self.http, "/v1/seniors", body))["senior_id"])

    async def tell(self, kind: str, who: str, day: date) -> httpx.Response:
        """Say that something began, or was, on a day."""
        file, on = f"/v1/seniors/{who}", day.isoformat()
        stay = {"senior_id": who, "institution_id": self.home, "care_level": "self_care", "source": "合同"}
        form = {"organization_id": self.assessor, "assessors": ["李评估"], "occasion": "first", "scores": full_marks()}
        path, body = {
            "residence": (f"{file}/residences", {"region": HAILING, "valid_from": on, "source": "户籍"}),
            "circumstance": (
                f"{file}/circumstances",
                {"kind": "dementia", "value": "yes", "valid_from": on, "source": "入户"},
            ),
            "assessment": (f"{file}/assessments", form | {"assessed_on": on}),
            "stay": ("/v1/admissions", stay | {"admitted_on": on}),
            "departure": (f"{file}/departure", {"last_day": on, "source": "迁出"}),
        }[kind]
        return await self.http.post(path, json=body)

    async def die(self, who: str, day: date, **more: Any) -> httpx.Response:
        """Report a death today."""
        body = {"died_on": day.isoformat(), "reported_on": today().isoformat(), "source": "公安"}
        return await self.http.post(f"/v1/seniors/{who}/death", json=body | more)

    async def be_born(self, who: str, day: date) -> httpx.Response:
        """Ask for another identity number."""
        tag = (await self.http.get(f"/v1/seniors/{who}")).headers["etag"]
        body = {"identity_number": born(day), "document_no": "更正〔2026〕1号"}
        return await self.http.post(f"/v1/seniors/{who}/changes", json=body, headers={"if-match": tag})


@pytest.fixture
async def desk(people: People) -> Desk:
    """A clerk of Hailing."""
    return await Desk.of(people.hailing)


KINDS = ["residence", "circumstance", "assessment", "stay", "departure"]


def scenarios(kind: str) -> list[tuple[date, date, date]]:
    """Birth, death and the day of a fact: at every edge, and by chance."""
    birth, death = date(1941, 3, 5), date(2026, 10, 3)
    days = [birth - ONE, birth, birth + ONE, death, death + ONE, today(), today() + ONE, date(1900, 1, 1)]
    found = [(birth, death, day) for day in days]
    chance = Random(kind)
    for _ in range(LIVES):
        birth = date(1925, 1, 1) + ONE * chance.randrange(6000)
        death = today() - ONE * chance.randrange(1, 9000)
        found.append((birth, death, birth + ONE * chance.randrange(-900, (today() - birth).days + 900)))
    return found


def refused(answer: httpx.Response) -> bool:
    """Whether a fact was refused for its day; anything else than that and success fails."""
    assert answer.status_code in {200, 201, 409, 422}, answer.text
    if answer.status_code > 201:
        assert answer.json()["type"].rpartition("/registry/")[2] in {"dates", "not-admissible"}, answer.text
    return answer.status_code > 201


@pytest.mark.parametrize("kind", KINDS)
async def test_a_fact_is_refused_alike_before_and_after_the_death_and_the_birth_it_contradicts(
    desk: Desk, kind: str
) -> None:
    for birth, death, day in scenarios(kind):
        facts = (birth, death, day)
        alive = await desk.registered(birth)
        assert refused(await desk.tell(kind, alive, day)) != can_be(day, birth), facts
        gone = await desk.registered(birth)
        assert not refused(await desk.die(gone, death))
        assert refused(await desk.tell(kind, gone, day)) != can_be(day, birth, death), facts
        if can_be(day, birth):
            late = await desk.die(alive, death)
            assert refused(late) != can_be(day, birth, death), facts
            if refused(late):
                began = birth if kind == "departure" else day
                assert str(began) in {told["valid_from"] for told in late.json()["facts"]}
                assert {error["pointer"] for error in late.json()["errors"]} == {"/died_on"}
        if can_be(day, birth) and kind != "departure":
            newcomer = await desk.registered(birth, since=date(2000, 1, 1))
            assert not refused(await desk.tell(kind, newcomer, day))
            corrected = min(day + ONE, date(1960, 1, 1))
            assert refused(await desk.be_born(newcomer, corrected)) == (corrected > day), facts


@pytest.mark.parametrize("way", ["registration", "import"])
async def test_registration_and_import_refuse_the_same_days(desk: Desk, way: str) -> None:
    header = "姓名,身份证号,区划代码,户籍迁入日期,情况生效日期,独居"
    lines, wanted = [header], []
    for birth, _, day in scenarios("registration"):
        for column in (0, 1):
            days = [birth, birth]
            days[column] = day
            wanted.append(can_be(day, birth))
            number = born(birth)
            lines.append(f"张三,{number},{HAILING},{days[0]},{days[1]},是")
            if way == "registration":
                alone = {"kind": "living_alone", "value": "yes", "valid_from": str(days[1]), "source": "入户"}
                body = senior(identity_number=number, resident_since=str(days[0]), circumstances=[alone])
                answer = await desk.http.post("/v1/seniors", json=body)
                assert refused(answer) != wanted[-1], (birth, day, answer.text)
                pointers = {error["pointer"] for error in answer.json().get("errors", [])}
                place = ["/resident_since", "/circumstances/0/valid_from"][column]
                assert pointers == (set() if wanted[-1] else {place})
    if way == "import":
        sent = await upload(desk.http, "\n".join(lines).encode())
        await ended(desk.http, sent["import_id"])
        bad = {int(line["row"]) for line in await rejects(desk.http, sent["import_id"])}
        assert bad == {row for row, good in enumerate(wanted, start=2) if not good}


async def test_nobody_is_a_senior_too_young_by_any_way(desk: Desk) -> None:
    child = date(2020, 5, 1)
    body = senior(identity_number=born(child), resident_since="2021-01-01", circumstances=[])
    answer = await desk.http.post("/v1/seniors", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/identity_number")
    assert "60" in answer.json()["detail"]
    sent = await upload(desk.http, f"姓名,身份证号,区划代码\n张三,{born(child)},{HAILING}\n".encode())
    await ended(desk.http, sent["import_id"])
    assert [line["code"] for line in await rejects(desk.http, sent["import_id"])] == ["too_young"]
    who = await desk.registered(date(1941, 3, 5))
    assert (await desk.be_born(who, child)).status_code == 422
    worker = {"identity_number": born(child), "purpose": "护理人员补贴申请"}
    assert (await desk.http.post("/v1/worker-keys", json=worker)).status_code == 422


async def test_a_home_takes_nobody_in_before_it_was_run_in_either_order(desk: Desk) -> None:
    who = await desk.registered(date(1941, 3, 5))
    modes = f"/v1/organizations/{desk.home}/operation-modes"
    mode = {"mode": "private", "valid_from": "2018-05-01", "source": "备案"}
    await post(desk.http, modes, mode)
    assert (await desk.tell("stay", who, date(2018, 4, 30))).status_code == 422
    assert (await desk.tell("stay", who, date(2018, 5, 1))).status_code == 201
    other = await Desk.of(desk.http)
    modes = f"/v1/organizations/{other.home}/operation-modes"
    assert (await other.tell("stay", await other.registered(date(1941, 3, 5)), date(2018, 4, 30))).status_code == 201
    refusal = await post(other.http, modes, mode, 422)
    assert "2018-04-30" in refusal["detail"]
    await post(other.http, modes, mode | {"valid_from": "2018-04-30", "valid_to": "2018-04-30"})
    await post(other.http, modes, mode)


async def test_no_stay_and_no_care_level_reaches_beyond_the_death(desk: Desk) -> None:
    who = await desk.registered(date(1941, 3, 5))
    stay = (await desk.tell("stay", who, date(2026, 9, 1))).json()["admission_id"]
    assert (await desk.die(who, date(2026, 10, 3))).status_code == 201
    level = {"care_level": "disabled", "valid_from": "2026-10-04", "source": "评估"}
    await post(desk.http, f"/v1/admissions/{stay}/care-level", level, 422)
    await post(desk.http, f"/v1/admissions/{stay}/care-level", level | {"valid_from": "2026-10-03"}, 200)
    await post(desk.http, f"/v1/admissions/{stay}/discharge", {"discharged_on": "2026-10-04"}, 422)
    await post(desk.http, f"/v1/admissions/{stay}/discharge", {"discharged_on": "2026-10-03"}, 200)
    assert (await desk.die(who, date(2026, 10, 2))).status_code == 422


async def test_a_death_that_is_certain_holds_against_later_facts_which_the_audit_log_names(desk: Desk) -> None:
    who = await desk.registered(date(1941, 3, 5))
    level = (await desk.tell("assessment", who, date(2026, 10, 4))).json()["assessment_id"]
    refusal = (await desk.die(who, date(2026, 10, 3))).json()
    assert refusal["facts"] == [{"kind": "assessment", "id": level, "valid_from": "2026-10-04"}]
    assert refusal["detail"] == "档案中2026-10-04的能力评估记录晚于死亡日期。"
    assert (await desk.die(who, today() + ONE, holds=True)).status_code == 422
    assert (await desk.die(who, date(2026, 10, 3), holds=True)).status_code == 201
    entries = (await get(desk.http, "/v1/audit"))["items"]
    [entry] = [one for one in entries if one["action"] == "registry.seniors.death-holds"]
    assert entry["detail"]["facts"] == [level]
    assert (await desk.die(who, date(2026, 10, 1))).status_code == 201
    assert (await desk.tell("circumstance", who, date(2026, 10, 2))).status_code == 422


async def test_a_fact_in_another_district_contradicts_without_being_told(people: People, desk: Desk) -> None:
    who = await desk.registered(date(1941, 3, 5))
    there = await post(people.gaogang, "/v1/organizations", organization(region=GAOGANG, operation_modes=[], grades=[]))
    elsewhere = Desk(people.city, there["organization_id"], desk.assessor)
    stay = (await elsewhere.tell("stay", who, date(2026, 9, 1))).json()["admission_id"]
    refusal = await desk.die(who, date(2026, 8, 31))
    assert refusal.status_code == 422
    assert not any(told in refusal.text for told in (stay, "2026-09-01", "入住"))
    assert (await desk.die(who, date(2026, 9, 15))).status_code == 201
    late = await people.gaogang.post(f"/v1/admissions/{stay}/discharge", json={"discharged_on": "2026-09-16"})
    assert late.status_code == 422
    assert "2026-09-15" not in late.text


async def test_a_fact_that_comes_between_a_request_and_its_approval_is_asked_about(
    desk: Desk, registry: RunningService
) -> None:
    for day, status in ((date(1943, 1, 1), 422), (date(1945, 1, 1), 200)):
        who = await desk.registered(date(1941, 3, 5), since=date(2000, 1, 1))
        asked = await desk.be_born(who, date(1945, 1, 1))
        assert asked.status_code == 201, asked.text
        assert (await desk.tell("circumstance", who, day)).status_code == 201
        approver = registry.client("registry.changes:decide", regions=["321202"], client="other", subject="approver")
        async with approver as second:
            path = f"/v1/changes/{asked.json()['change_id']}/approve"
            answer = await second.post(path, json={}, headers={"if-match": '"1"'})
            assert answer.status_code == status, answer.text
        file = await get(desk.http, f"/v1/seniors/{who}")
        assert file["birth_date"] == ("1945-01-01" if status == 200 else "1941-03-05")
