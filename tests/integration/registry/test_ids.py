"""One id is of one kind: whoever chooses it, whenever, in whichever region, it never stands for two subjects."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from deploy.local.postgres import Server
from shared.database import Scope
from tests.integration.registry.conftest import People
from tests.integration.registry.samples import GAOGANG, HAILING, full_marks, get, organization, post, senior
from tests.support.services import RunningService

MINE = {"bank": "我的银行", "account": "6222020000000000666"}
KEYS = {
    "seniors": "senior_id",
    "organizations": "organization_id",
    "admissions": "admission_id",
    "contracts": "contract_id",
    "assessments": "assessment_id",
    "imports": "import_id",
}
CONTRACT = {"service": "meal", "region": GAOGANG, "document_no": "购〔2026〕1号", "valid_from": "2026-01-01"}


async def rows(registry: RunningService, query: str) -> Sequence[Any]:
    """Rows of the registry's tables."""
    async with registry.database.transaction(Scope.everywhere()) as session:
        return (await session.execute(text(query))).all()


async def one_of_each(people: People) -> dict[str, str]:
    """Something of every kind in Hailing; the ids by table."""
    person = await post(people.hailing, "/v1/seniors", senior())
    home = await post(people.hailing, "/v1/organizations", organization())
    vendor = await post(people.hailing, "/v1/organizations", organization("meal_vendor"))
    assessor = await post(people.hailing, "/v1/organizations", organization("assessor"))
    path = f"/v1/organizations/{vendor['organization_id']}/contracts"
    contract = (await post(people.hailing, path, CONTRACT | {"region": HAILING}))["contracts"][0]
    stay = {"senior_id": person["senior_id"], "institution_id": home["organization_id"], "admitted_on": "2026-09-01"}
    admission = await post(people.hailing, "/v1/admissions", stay | {"care_level": "disabled", "source": "合同"})
    form = {"assessed_on": "2026-10-01", "organization_id": assessor["organization_id"], "assessors": ["李"]}
    form |= {"occasion": "first", "scores": full_marks()}
    assessment = await post(people.hailing, f"/v1/seniors/{person['senior_id']}/assessments", form)
    sheet = "姓名,身份证号,区划代码\n".encode()
    headers = {"content-type": "text/csv"}
    made = await people.hailing.post("/v1/imports", content=sheet, headers=headers, params={"source": "试验"})
    found = [person, home, admission, contract, assessment, made.json()]
    return {table: str(one[key]) for (table, key), one in zip(KEYS.items(), found, strict=True)}


async def test_an_id_that_anything_has_in_any_region_is_refused_wherever_one_may_be_chosen(
    registry: RunningService, people: People
) -> None:
    """Over all tables with ids and both routes that let a caller choose one, from another district."""
    taken = await one_of_each(people)
    assert len(set(taken.values())) == len(KEYS)
    vendor = await post(people.gaogang, "/v1/organizations", organization("meal_vendor", region=GAOGANG))
    path = f"/v1/organizations/{vendor['organization_id']}/contracts"
    before = await rows(registry, "SELECT (SELECT count(*) FROM organizations), (SELECT count(*) FROM contracts)")
    for each in taken.values():
        chosen = organization("assessor", region=GAOGANG, organization_id=each, bank_account=MINE)
        await post(people.gaogang, "/v1/organizations", chosen, 409)
        await post(people.gaogang, path, CONTRACT | {"contract_id": each}, 409)
    assert (
        await rows(registry, "SELECT (SELECT count(*) FROM organizations), (SELECT count(*) FROM contracts)") == before
    )


async def test_every_row_of_every_table_with_ids_stands_in_the_one_table_of_ids(
    registry: RunningService, people: People
) -> None:
    """Also a table that somebody adds: whatever has a key of one uuid and a region is either here or has no subject."""
    await one_of_each(people)
    for table, key in KEYS.items():
        missing = f"SELECT {key} FROM {table} WHERE {key} NOT IN (SELECT id FROM subject_ids)"
        assert (await rows(registry, missing), await rows(registry, f"SELECT 1 FROM {table}")) != ([], [])
        assert await rows(registry, missing) == []
    keyed = """SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
        WHERE i.indisprimary AND i.indnatts = 1 AND a.atttypid = 'uuid'::regtype AND NOT c.relispartition
        AND c.relnamespace = 'registry'::regnamespace"""
    no_subjects = {"subject_ids", "changes", "listed_organizations", "inbox", "dead_letters"}
    no_subjects |= {"senior_facts", "organization_facts", "admission_facts"}
    assert {row[0] for row in await rows(registry, keyed)} - no_subjects == set(KEYS)


async def test_of_two_who_take_one_id_for_two_kinds_at_once_one_gets_it(
    registry: RunningService, people: People
) -> None:
    vendor = await post(people.gaogang, "/v1/organizations", organization("meal_vendor", region=GAOGANG))
    path = f"/v1/organizations/{vendor['organization_id']}/contracts"
    for _ in range(5):
        chosen = str(uuid.uuid4())
        answers = await asyncio.gather(
            people.hailing.post("/v1/organizations", json=organization(organization_id=chosen)),
            people.gaogang.post(path, json=CONTRACT | {"contract_id": chosen}),
            people.city.post("/v1/organizations", json=organization(region=GAOGANG, organization_id=chosen)),
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert await rows(registry, "SELECT id FROM subject_ids GROUP BY id HAVING count(*) > 1") == []


@pytest.mark.parametrize("first", ["seniors", "organizations"])
async def test_the_database_refuses_a_second_kind_whoever_writes_it(
    registry: RunningService, people: People, first: str
) -> None:
    """A row written past every route, while the first taker has not yet committed: it waits, and fails."""
    one = str((await one_of_each(people))[first])
    copied = "INSERT INTO admissions (admission_id, senior_id, institution_id, region, version, admitted_on,"
    copied += " discharged_on, recorded_at) SELECT :id, senior_id, institution_id, region, 1, '2020-01-01',"
    copied += " '2020-01-02', now() FROM admissions LIMIT 1"
    for taken in (one, str(uuid.uuid4())):
        async with registry.database.transaction(Scope.everywhere()) as holder:
            if taken != one:
                await holder.execute(text("INSERT INTO subject_ids VALUES (:id, 'senior')"), {"id": taken})
            late = asyncio.create_task(_write(registry, copied, taken))
            await asyncio.sleep(0.2)
        with pytest.raises(Exception, match="another kind"):
            await late
    for statement in ("DELETE FROM subject_ids", "UPDATE subject_ids SET kind = 'x'", "DELETE FROM subject_collisions"):
        with pytest.raises(Exception, match="permission denied"):
            await _write(registry, statement, one)


async def _write(registry: RunningService, statement: str, key: str) -> None:
    async with registry.database.transaction(Scope.everywhere()) as session:
        await session.execute(text(statement), {"id": key})


async def test_an_account_is_found_under_its_own_kind_only(people: People) -> None:
    person = (await post(people.hailing, "/v1/seniors", senior()))["senior_id"]
    home = (await post(people.hailing, "/v1/organizations", organization(bank_account=MINE)))["organization_id"]
    pairs = [(kind, key) for kind in ("senior", "organization") for key in (person, home)]
    asked = {"beneficiaries": [{"kind": kind, "id": key} for kind, key in pairs], "purpose": "发放文件"}
    found = await post(people.hailing, "/v1/bank-accounts/lookup", asked, 200)
    given = [(one["beneficiary_kind"], one["beneficiary_id"]) for one in found["accounts"]]
    assert given == [("senior", person), ("organization", home)]
    assert [(one["kind"], one["id"]) for one in found["missing"]] == [("senior", home), ("organization", person)]


async def test_old_collisions_are_listed_and_nobody_is_paid_by_them(
    registry: RunningService, people: People, postgres: Server, database_name: str
) -> None:
    """Rows from before ids were held apart, as the migration finds them: the fault of the issue, played on old code."""
    person = (await post(people.hailing, "/v1/seniors", senior()))["senior_id"]
    connection = await asyncpg.connect(postgres.superuser_url(database_name).replace("+asyncpg", ""))
    try:
        await connection.execute("SET search_path = registry; ALTER TABLE organizations DISABLE TRIGGER take_id")
        home = (await post(people.hailing, "/v1/organizations", organization(bank_account=MINE)))["organization_id"]
        update = f"UPDATE organizations SET organization_id = '{person}' WHERE organization_id = '{home}'"
        await connection.execute(f"DELETE FROM organization_facts; {update}")
        await connection.execute("INSERT INTO subject_collisions VALUES ($1, 'senior')", uuid.UUID(person))
        await connection.execute("INSERT INTO subject_collisions VALUES ($1, 'organization')", uuid.UUID(person))
    finally:
        await connection.close()
    for asked in (
        {"beneficiary_ids": [person]},
        {"beneficiaries": [{"kind": kind, "id": person} for kind in ("senior", "organization")]},
    ):
        found = await post(people.hailing, "/v1/bank-accounts/lookup", asked | {"purpose": "发放文件"}, 200)
        missing = {one if isinstance(one, str) else one["id"] for one in found["missing"]}
        assert (found["accounts"], missing) == ([], {person})
    listed = await get(people.hailing, "/v1/subjects/collisions")
    assert listed == [{"subject_id": person, "kinds": ["organization", "senior"]}]
