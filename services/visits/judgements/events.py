"""What the other services' events mean here 事件处理: read models kept, and judgements that follow them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.visits.judgements import service as judgements
from services.visits.judgements.changes import listing_changes, senior_changes, vendor_changes
from services.visits.judgements.domain import Touch
from services.visits.subjects import repository
from services.visits.verification.domain import Senior, Vendor, homes_of
from shared.clock import date_of
from shared.contracts.base import Received
from shared.contracts.credit import SubjectDelisted, SubjectListed
from shared.contracts.registry import AdmissionSnapshot, OrganizationSnapshot, SeniorSnapshot
from shared.regions import prefix_of

T = TypeVar("T", SeniorSnapshot, OrganizationSnapshot, AdmissionSnapshot)
NO_SUBSIDY = "no_subsidy"


async def remember_seniors(session: AsyncSession, events: Sequence[Received[SeniorSnapshot]]) -> None:
    """Keep the newest of each; deaths and moves, told late or taken back, change what was judged."""
    newest = newest_of((event.data for event in events), "senior_id")
    known = await repository.seniors(session, list(newest))
    strangers = newest.keys() - known.keys()
    stays: dict[UUID, Any] = {}
    if strangers:
        await repository.lock_strangers(session)
        stays = await repository.stays_of(session, list(strangers))
    rows = [_senior(s, stays.get(key) or known.get(key, _NOBODY)[1].stays) for key, s in newest.items()]
    await repository.SENIORS.keep(session, rows)
    touches: list[Touch] = []
    for key, (version, former) in known.items():
        snapshot = newest[key]
        if version < snapshot.version:
            latter = Senior(snapshot.region, homes_of(_homes(snapshot)), snapshot.died_on, former.stays)
            touches += senior_changes(key, former, latter, f"{snapshot.TOPIC}/{key}/{snapshot.version}")
    await judgements.follow(session, touches)


_NOBODY = (0, Senior("", None, None))


def _senior(snapshot: SeniorSnapshot, stays: Sequence[Sequence[date]]) -> dict[str, Any]:
    row = {name: getattr(snapshot, name) for name in ("senior_id", "version", "region", "status", "died_on")}
    return row | {"homes": _homes(snapshot), "stays": repository.array(stays)}


def _homes(snapshot: SeniorSnapshot) -> str | None:
    """Where the senior lived when, unless it is one region for ever. A move away without its day counts from when it
    was written down."""
    homes: list[list[Any]] = [[r.region, r.valid_from, r.valid_to] for r in snapshot.residences]
    if not homes and snapshot.status == "moved_out":
        homes = [[snapshot.region, date.min, date_of(snapshot.recorded_at)]]
    plain = all(region == snapshot.region and last is None for region, _, last in homes)
    return None if plain else orjson.dumps(homes).decode()


async def remember_organizations(session: AsyncSession, events: Sequence[Received[OrganizationSnapshot]]) -> None:
    """Keep the newest of each, with its meal contracts; a contract or a closing told late changes what was judged."""
    newest = newest_of((event.data for event in events), "organization_id")
    await repository.lock_vendors(session, list(newest))
    known = await repository.organizations(session, list(newest))
    await repository.ORGANIZATIONS.keep(session, [_organization(each) for each in newest.values()])
    touches: list[Touch] = []
    for key, (version, former) in known.items():
        snapshot = newest[key]
        if version < snapshot.version:
            latter = Vendor.read(_closed_on(snapshot), orjson.dumps(_contracts(snapshot)).decode(), ())
            touches += vendor_changes(key, former, latter, f"{snapshot.TOPIC}/{key}/{snapshot.version}")
    await judgements.follow(session, touches)


def _organization(snapshot: OrganizationSnapshot) -> dict[str, Any]:
    names = ("organization_id", "version", "region", "kind", "name", "status")
    row = {name: getattr(snapshot, name) for name in names}
    return row | {"closed_on": _closed_on(snapshot), "contracts": _contracts(snapshot)}


def _closed_on(snapshot: OrganizationSnapshot) -> date | None:
    """Its last day; when it was written down, where a sender does not say."""
    return (snapshot.closed_on or date_of(snapshot.recorded_at)) if snapshot.status == "closed" else None


def _contracts(organization: OrganizationSnapshot) -> list[list[Any]]:
    return [[prefix_of(c.region), c.valid_from, c.valid_to] for c in organization.contracts if c.service == "meal"]


async def remember_admissions(session: AsyncSession, events: Sequence[Received[AdmissionSnapshot]]) -> None:
    """Keep the newest of each; a stay or a discharge told late changes what was judged."""
    newest = newest_of((event.data for event in events), "admission_id")
    whose = set((await repository.admitted(session, list(newest))).values())
    concerned = sorted(whose | {each.senior_id for each in newest.values()})
    await repository.lock_strangers(session)
    known = await repository.seniors(session, concerned)
    names = ("admission_id", "version", "senior_id", "admitted_on", "discharged_on")
    rows = [{name: getattr(each, name) for name in names} for each in newest.values()]
    await repository.ADMISSIONS.keep(session, rows)
    await repository.set_stays(session, concerned)
    grounds = {each.senior_id: f"{each.TOPIC}/{each.admission_id}/{each.version}" for each in newest.values()}
    touches: list[Touch] = []
    for key, stays in (await repository.stays_of(session, list(known))).items():
        former = known[key][1]
        ground = grounds.get(key, AdmissionSnapshot.TOPIC)
        touches += senior_changes(key, former, former._replace(stays=repository.spans(stays)), ground)
    await judgements.follow(session, touches)


async def remember_listed(session: AsyncSession, events: Sequence[Received[SubjectListed]]) -> None:
    """Keep the decisions; one that ends subsidies undoes what counted while it holds.

    A person is no vendor, whatever the id says.
    """
    rows = [
        {
            "decision_id": event.data.decision_id,
            "listed_told": event.told,
            "subject_id": event.data.subject_id,
            "ends_subsidy": NO_SUBSIDY in event.data.effects,
            "listed_on": event.data.listed_on,
            "until": event.data.until,
        }
        for event in events
        if event.data.subject_kind == "organization"
    ]
    await _keep_listings(session, repository.LISTED, rows)


async def remember_delisted(session: AsyncSession, events: Sequence[Received[SubjectDelisted]]) -> None:
    """Keep the ends, known or not yet known; what was undone from then on counts again."""
    rows = [
        {
            "decision_id": event.data.decision_id,
            "delisted_told": event.told,
            "subject_id": event.data.subject_id,
            "delisted_on": event.data.delisted_on,
        }
        for event in events
    ]
    await _keep_listings(session, repository.DELISTED, rows)


async def _keep_listings(session: AsyncSession, model: Any, rows: Sequence[dict[str, Any]]) -> None:  # noqa: ANN401
    ids = sorted({row["decision_id"] for row in rows})
    await repository.lock_vendors(session, [row["subject_id"] for row in rows])
    before = await repository.listings(session, ids)
    await model.keep(session, rows)
    after = await repository.listings(session, ids)
    touches = [touch for key in ids for touch in listing_changes(before.get(key), after[key], f"credit.subjects/{key}")]
    await judgements.follow(session, touches)


def newest_of(snapshots: Iterable[T], key: str) -> dict[UUID, T]:
    """The highest version of each, in the order of keys."""
    found: dict[UUID, T] = {}
    for each in snapshots:
        known = found.get(getattr(each, key))
        if known is None or known.version < each.version:
            found[getattr(each, key)] = each
    return {each: found[each] for each in sorted(found)}
