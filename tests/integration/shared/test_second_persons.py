"""Every decision that needs two people, read off the documents: whoever had a hand in it before is refused, in every
spelling of the subject and through every client; another person is not. The tables hold the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from deploy.local.postgres import Server
from deploy.migrations.run import SERVICES
from services.credit.errors import SamePerson
from services.registry.errors import SecondPersonNeeded as OfRegistry
from services.subsidy.errors import SecondPersonNeeded as OfSubsidy
from shared.app import create_app
from shared.database import Scope
from shared.kernel import KernelState
from shared.workflow import person
from tests.integration.credit import conftest as listing
from tests.integration.credit.test_records_and_leads import record
from tests.integration.registry.samples import post, senior
from tests.integration.subsidy import town as paying
from tests.integration.subsidy.applying import RELIEF, Office, lawbook
from tests.integration.subsidy.test_ledger import AGE, DEAD, paid
from tests.support import tokens
from tests.support.services import RunningService, ServiceFactory, definition_of, settings_for

FIRST, OTHER = "zhang.san-01", "li.si-02"
SPELLINGS = (
    FIRST,
    " zhang.san-01",
    "Zhang.San-01 ",
    "ZHANG.SAN-01",
    "zhang. san-01",
    "zhang.san\u3000-01",
    "\uff5ahang\uff0esan\uff0d01",
)
"""One person as an issuer or a form may write the subject."""
CLIENTS = ("clerk", "another-application")
REFUSALS = {SamePerson.slug, OfSubsidy.slug, OfRegistry.slug}
LOOKS = {"POST /registry/v1/changes/{change_id}/reveal"}
"""For those who decide, and no decision."""

Request = tuple[str, Any, dict[str, str]]
"""Path, body and headers."""
Start = Callable[[ServiceFactory, Path], Awaitable[tuple[RunningService, Request]]]


async def _credit(start: ServiceFactory) -> listing.Credit:
    credit = listing.Credit(await start("credit", roles="api"), FIRST)
    await credit.hears(listing.snapshot(listing.HERE, "321202000000"))
    return credit


async def _did(credit: listing.Credit, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await credit.clerk().post(path, json=body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sits(start: ServiceFactory, _folder: Path) -> tuple[RunningService, Request]:
    """A case that the first person proposed."""
    credit = await _credit(start)
    return credit.service, (f"/v1/lists/{await credit.heard()}/deliberate", listing.SITTING(), {})


async def decides(start: ServiceFactory, _folder: Path) -> tuple[RunningService, Request]:
    """The same, and a panel has sat."""
    credit = await _credit(start)
    entry = await credit.heard()
    await credit.sat(entry)
    return credit.service, (f"/v1/lists/{entry}/decide", listing.DECISION(), {})


async def drops(start: ServiceFactory, _folder: Path) -> tuple[RunningService, Request]:
    """A case that may end without a listing."""
    credit = await _credit(start)
    return credit.service, (
        f"/v1/lists/{await credit.proposed()}/decide",
        listing.DECISION(outcome="not_listed"),
        {},
    )


async def repairs(start: ServiceFactory, _folder: Path) -> tuple[RunningService, Request]:
    """A listing whose rectification the first person verified."""
    credit = await _credit(start)
    entry = await credit.published()
    async with credit.service.database.transaction(Scope.everywhere()) as session:
        await session.execute(text("UPDATE list_entries SET repair_from = served_on"))
    await _did(credit, f"/v1/lists/{entry}/verify", listing.VERIFICATION())
    return credit.service, (f"/v1/lists/{entry}/repair", listing.REPAIR(), {})


async def revokes(start: ServiceFactory, _folder: Path) -> tuple[RunningService, Request]:
    """A listing that the first person wants undone."""
    credit = await _credit(start)
    entry = await credit.published()
    await _did(credit, f"/v1/lists/{entry}/reconsider", listing.RECONSIDERATION())
    return credit.service, (f"/v1/lists/{entry}/revoke", listing.REVOCATION(), {})


async def repairs_record(start: ServiceFactory, _folder: Path) -> tuple[RunningService, Request]:
    """A record that the first person wrote."""
    credit = await _credit(start)
    made = await _did(credit, "/v1/records", record())
    body = {"document_no": "修1号", "repaired_on": listing.day(0), "commitment_no": "承1号"}
    return credit.service, (f"/v1/records/{made['record_id']}/repair", body, {})


async def _town(start: ServiceFactory) -> paying.Town:
    town = paying.Town(await start("subsidy", roles="api", policy_overrides=str(paying.SAMPLE)))
    town.clerk = town.running.client(*paying.SCOPES, subject=FIRST)
    await town.hear(paying.senior())
    return town


def runs(action: str, author: bool) -> Start:
    """A run that the first person opened, or submitted."""

    async def prepare(start: ServiceFactory, _folder: Path) -> tuple[RunningService, Request]:
        town = await _town(start)
        first = town.clerk
        if not author:
            town.clerk = town.second
        run = await town.run("2026-10", [AGE])
        await town.do(f"/v1/runs/{run['id']}/submit", client=town.second if author else first)
        return town.running, (f"/v1/runs/{run['id']}/{action}", {"reason": "复核"}, {})

    return prepare


def applies(action: str) -> Start:
    """An application that the first person entered."""

    async def prepare(start: ServiceFactory, folder: Path) -> tuple[RunningService, Request]:
        office = Office(await start("subsidy", roles="api", policy_root=str(lawbook(folder))))
        office.clerk = office.running.client(*paying.SCOPES, subject=FIRST)
        old = paying.senior()
        await office.hear(old)
        made = await office.apply(RELIEF, {"economic_status": "destitute"}, senior_id=old.senior_id)
        return office.running, (f"/v1/applications/{made['id']}/{action}", {"reason": "复核"}, {"if-match": '"1"'})

    return prepare


def waives(action: str) -> Start:
    """A waiver that the first person asked for."""

    async def prepare(start: ServiceFactory, _folder: Path) -> tuple[RunningService, Request]:
        town = await _town(start)
        old = paying.senior()
        await paid(town, old.senior_id)
        await town.hear(paying.senior(old.senior_id, version=2, **DEAD))
        await town.approved("2026-10", [AGE])
        (recovery,) = (await town.ask("/v1/recoveries"))["items"]
        path = f"/v1/recoveries/{recovery['id']}"
        body = {"kind": "waived", "amount": "60.00", "document_no": "核销1号"}
        asked = (await town.do(f"{path}/entries", body, status=202))["requests"][0]
        return town.running, (f"{path}/requests/{asked['id']}/{action}", {"reason": "复核"}, {})

    return prepare


def changes(action: str) -> Start:
    """A change of an account that the first person asked for."""

    async def prepare(start: ServiceFactory, _folder: Path) -> tuple[RunningService, Request]:
        registry = await start("registry", roles="api")
        http = registry.client(*definition_of("registry").scopes, subject=FIRST)
        made = await post(http, "/v1/seniors", senior())
        path, body = f"/v1/seniors/{made['senior_id']}/changes", {"bank_account": None, "document_no": "变更1号"}
        answer = await http.post(path, json=body, headers={"if-match": '"1"'})
        path = f"/v1/changes/{answer.json()['change_id']}/{action}"
        return registry, (path, {"reason": "复核"}, {"if-match": '"1"'})

    return prepare


DECISIONS: dict[str, dict[str, Start]] = {
    "POST /credit/v1/lists/{entry_id}/deliberate": {"proposer": sits},
    "POST /credit/v1/lists/{entry_id}/decide": {"proposer": decides, "proposer, not listed": drops},
    "POST /credit/v1/lists/{entry_id}/repair": {"verifier": repairs},
    "POST /credit/v1/lists/{entry_id}/revoke": {"who asked": revokes},
    "POST /credit/v1/records/{record_id}/repair": {"author": repairs_record},
    "POST /subsidy/v1/runs/{run_id}/approve": {
        "author": runs("approve", author=True),
        "submitter": runs("approve", author=False),
    },
    "POST /subsidy/v1/runs/{run_id}/reject": {
        "author": runs("reject", author=True),
        "submitter": runs("reject", author=False),
    },
    "POST /subsidy/v1/applications/{application_id}/accept": {"author": applies("accept")},
    "POST /subsidy/v1/applications/{application_id}/refuse": {"author": applies("refuse")},
    "POST /subsidy/v1/recoveries/{recovery_id}/requests/{request_id}/confirm": {"who asked": waives("confirm")},
    "POST /subsidy/v1/recoveries/{recovery_id}/requests/{request_id}/refuse": {"who asked": waives("refuse")},
    "POST /registry/v1/changes/{change_id}/approve": {"who asked": changes("approve")},
    "POST /registry/v1/changes/{change_id}/refuse": {"who asked": changes("refuse")},
}
"""Every route, and how a person comes to have had a hand in it before."""


@dataclass(frozen=True)
class Eyes:
    """A trigger of four eyes."""

    table: str
    decider: str
    before: tuple[str, ...]


HELD = {
    Eyes("credit.list_entries", "decided_by", ("proposed_by",)),
    Eyes("credit.list_entries", "ended_by", ("end_asked_by",)),
    Eyes("credit.records", "repaired_by", ("recorded_by",)),
    Eyes("subsidy.runs", "decided_by", ("created_by", "submitted_by")),
    Eyes("subsidy.applications", "decided_by", ("submitted_by",)),
    Eyes("subsidy.recovery_requests", "decided_by", ("requested_by",)),
    Eyes("subsidy.ledger", "confirmed_by", ("recorded_by",)),
    Eyes("registry.changes", "settled_by", ("requested_by",)),
}
ALONE = {"subsidy.holds": "payments stop and go on again by one person's word; a run needs two in any case"}
"""Tables with two people of whom neither decides on the other."""


def operations(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation of the four documents; no database is behind them."""
    for service in SERVICES:
        url = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
        settings = settings_for(_Nowhere(url), "none", service, folder)  # type: ignore[arg-type]  # only asked for its URL
        app = create_app(definition_of(service), settings, kernel=KernelState.of(settings, tokens.verifier()))
        for path, item in app.openapi()["paths"].items():
            yield from ((f"{method.upper()} /{service}{path}", operation) for method, operation in item.items())


@dataclass(frozen=True)
class _Nowhere:
    address: str

    def url(self, *_login: str) -> str:
        return self.address


def test_every_route_that_refuses_the_same_person_or_decides_is_tried(tmp_path: Path) -> None:
    refusing, deciding = set(), set()
    for name, operation in operations(tmp_path):
        said = " ".join(answer.get("description", "") for answer in operation["responses"].values())
        scopes = {scope for each in operation.get("security", ()) for scope in each.get("oauth2", ())}
        if any(f"`{slug}`" in said for slug in REFUSALS):
            refusing.add(name)
        if any(scope.endswith((":decide", ":approve")) for scope in scopes):
            deciding.add(name)
    assert refusing == DECISIONS.keys()
    assert deciding - LOOKS <= refusing


CASES = [
    pytest.param(start, id=f"{route.split(maxsplit=1)[1]} {hand}")
    for route, hands in DECISIONS.items()
    for hand, start in hands.items()
]


@pytest.mark.parametrize("start", CASES)
async def test_whoever_had_a_hand_in_it_is_refused_in_every_spelling_and_another_person_is_not(
    start: Start, start_service: ServiceFactory, tmp_path: Path, postgres: Server, database_name: str
) -> None:
    running, (path, body, headers) = await start(start_service, tmp_path)
    scopes = definition_of(running.kernel.settings.service).scopes

    async def decided(subject: str, client: str) -> Any:
        async with running.client(*scopes, subject=subject, client=client) as http:
            return await http.post(path, json=body, headers=headers)

    for subject in SPELLINGS:
        for client in CLIENTS:
            answer = await decided(subject, client)
            assert answer.json()["type"].partition("/problems/")[2] in REFUSALS, (subject, client, answer.text)
    answer = await decided(OTHER, CLIENTS[0])
    assert answer.status_code == 200, answer.text
    tried = await every_row_refuses_its_own_author(postgres.superuser_url(database_name))
    assert tried or path.endswith("/deliberate")


async def every_row_refuses_its_own_author(url: str) -> int:
    """Let whoever had a hand in a decided row decide on it, in capital letters and with a blank; returns how many."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    tried = 0
    try:
        for eyes in HELD:
            decided = f"{eyes.decider} IS NOT NULL"
            for before in eyes.before:
                rows = await connection.fetchval(
                    f"SELECT count(*) FROM {eyes.table} WHERE {decided} AND {before} IS NOT NULL"
                )
                tried += rows
                if rows:
                    with pytest.raises(asyncpg.CheckViolationError, match="four_eyes"):
                        await connection.execute(
                            f"UPDATE {eyes.table} SET {eyes.decider} = ' ' || upper({before}) WHERE {decided}"
                        )
    finally:
        await connection.close()
    return tried


async def test_every_table_with_two_people_holds_them_apart(postgres: Server, database_name: str) -> None:
    connection = await asyncpg.connect(postgres.superuser_url(database_name).replace("+asyncpg", ""))
    try:
        triggers = await connection.fetch(
            "SELECT n.nspname || '.' || c.relname AS name, encode(t.tgargs, 'escape') AS arguments"
            " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'second_person' AND t.tgenabled = 'O'"
        )
        tables = await connection.fetch(
            "SELECT table_schema || '.' || table_name AS name FROM information_schema.columns"
            " WHERE table_schema = ANY ($1) AND column_name ~ '_by$' AND data_type = 'text'"
            " GROUP BY 1 HAVING count(*) > 1",
            list(SERVICES),
        )
        spelled = [await connection.fetchval(f"SELECT {schema}.person_of($1)", each) for schema in
                   ("credit", "subsidy", "registry") for each in (*SPELLINGS, OTHER)]  # fmt: skip
    finally:
        await connection.close()
    arguments = {(row["name"], *row["arguments"].split("\\000")[:-1]) for row in triggers}
    assert {Eyes(table, decider, tuple(before)) for table, decider, *before in arguments} == HELD
    assert {row["name"] for row in tables} == {eyes.table for eyes in HELD} | ALONE.keys()
    assert spelled == [person(each) for each in (*SPELLINGS, OTHER)] * 3
