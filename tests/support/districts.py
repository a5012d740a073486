"""Two districts in four services, and what the four documents say of regions and subjects in requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import asyncpg
import httpx
from sqlalchemy import text

from deploy.local.postgres import Server
from deploy.migrations.run import SERVICES
from shared.clock import now, today
from shared.contracts import EVENTS, Received
from shared.contracts.subsidy import RecoveryOpened
from shared.database import Scope
from shared.ids import new_id
from tests.integration.registry.samples import full_marks, organization, post, senior
from tests.support.services import RunningService

OURS, THEIRS = "321203000000", "321202000000"
REGION = r"^[1-9][0-9]{11}$"
Json = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """One value of a request that is a region or names a subject: where it stands, in which route."""

    service: str
    method: str
    path: str
    at: str
    """``?name`` in the query, or a JSON pointer into the body."""

    def __str__(self) -> str:
        return f"{self.method} /{self.service}{self.path} {self.at}"


def places(document: Json, service: str, *, regions: bool) -> Iterator[Place]:
    """Every region, or every id of something, in queries and bodies of a document."""

    def fits(schema: Json) -> bool:
        return schema.get("pattern") == REGION if regions else schema.get("format") == "uuid"

    for path, item in document["paths"].items():
        for method, operation in item.items():
            found = {f"?{p['name']}" for p in operation.get("parameters", []) if p["in"] == "query"
                     and any(fits(s) for _, s in _walk(document, p["schema"], ""))}  # fmt: skip
            for media in operation.get("requestBody", {}).get("content", {}).values():
                found |= {at for at, schema in _walk(document, media["schema"], "") if fits(schema)}
            yield from (Place(service, method.upper(), path, at) for at in sorted(found))


def _walk(document: Json, schema: Json, at: str, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Json]]:
    name = schema.get("$ref")
    if name:
        if name not in seen:
            inner = document["components"]["schemas"][name.rpartition("/")[2]]
            yield from _walk(document, inner, at, (*seen, name))
        return
    yield at, schema
    for choice in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(choice, ()):
            yield from _walk(document, each, at, seen)
    for key, each in schema.get("properties", {}).items():
        yield from _walk(document, each, f"{at}/{key}", seen)
    if isinstance(schema.get("items"), dict):
        yield from _walk(document, schema["items"], f"{at}/0", seen)


@dataclass
class Districts:
    """The services, and the ids of what each of the two districts has."""

    services: dict[str, RunningService]
    postgres: Server
    database: str
    ours: dict[str, str]
    theirs: dict[str, str]

    def clerk(self, service: str, scopes: frozenset[str], organization_id: str | None = None) -> httpx.AsyncClient:
        """Somebody of our district with the scopes of a route."""
        running = self.services[service]
        return running.client(*scopes, regions=[OURS[:6]], client="ours", organization=organization_id)

    async def fingerprint(self) -> dict[str, Any]:
        """How many rows every table that is not empty has, and a sum over what stands in them: but for the trail that
        refused requests leave."""
        connection = await asyncpg.connect(self.postgres.superuser_url(self.database).replace("+asyncpg", ""))
        try:
            tables = await connection.fetch(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY ($1)"
                " AND tablename !~ '^audit_' AND tablename <> 'guesses'",
                list(SERVICES),
            )
            sums = {
                f"{schema}.{table}": tuple(
                    await connection.fetchrow(f"SELECT count(*), sum(hashtext(t::text)) FROM {schema}.{table} t")
                )
                for schema, table in tables
            }
            return {table: found for table, found in sums.items() if found[0]}
        finally:
            await connection.close()


async def populate(services: dict[str, RunningService], postgres: Server, database: str) -> Districts:
    """Register the same things in both districts and let the other services hear of them."""
    ours, theirs = [await _register(services["registry"], region) for region in (OURS, THEIRS)]
    async with services["registry"].database.transaction(Scope.everywhere()) as session:
        rows = (await session.execute(text("SELECT type, data FROM outbox ORDER BY position"))).all()
    for row in rows:
        await _tell(services, EVENTS[row.type].model_validate_json(bytes(row.data)))
    for known in (ours, theirs):
        example = RecoveryOpened.EXAMPLE | {"beneficiary_id": known["vendor"], "recovery_id": str(new_id())}
        await _tell(services, RecoveryOpened.model_validate(example))
    async with services["credit"].database.transaction(Scope.everywhere()) as session:
        for lead, vendor in (await session.execute(text("SELECT lead_id, subject_id FROM leads"))).all():
            (ours if str(vendor) == ours["vendor"] else theirs)["lead"] = str(lead)
    return Districts(services, postgres, database, ours, theirs)


async def _tell(services: dict[str, RunningService], event: Any) -> None:  # any event
    for name, running in services.items():
        handler = import_module(f"services.{name}.handlers").HANDLERS.get(type(event))
        if handler:
            async with running.database.transaction(Scope.everywhere()) as session:
                await handler(session, [Received(new_id(), now(), event.key(), event, None)])


async def _register(registry: RunningService, region: str) -> dict[str, str]:
    kinds = ("seniors", "organizations", "assessments")
    http = registry.client(*(f"registry.{kind}:write" for kind in kinds), regions=[region[:6]])
    made = {"senior": (await post(http, "/v1/seniors", senior(region=region)))["senior_id"]}
    for name, kind in (("home", "institution"), ("vendor", "meal_vendor"), ("assessor", "assessor")):
        answer = await post(http, "/v1/organizations", organization(kind, region=region))
        made[name] = answer["organization_id"]
    contract = {"service": "meal", "region": region, "document_no": "购〔2026〕1号", "valid_from": "2020-01-01"}
    await post(http, f"/v1/organizations/{made['vendor']}/contracts", contract)
    form = {"assessed_on": today().isoformat(), "organization_id": made["assessor"], "assessors": ["李"]}
    form |= {"occasion": "first", "scores": full_marks()}
    answer = await post(http, f"/v1/seniors/{made['senior']}/assessments", form)
    return made | {"assessment": answer["assessment_id"]}
