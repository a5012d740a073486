"""What the other services' events mean here 事件处理: read models kept, and deliveries undone that no longer count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.visits.deliveries import review
from services.visits.subjects import repository
from shared.clock import now
from shared.contracts.base import Received
from shared.contracts.credit import SubjectDelisted, SubjectListed
from shared.contracts.registry import AdmissionSnapshot, OrganizationSnapshot, SeniorSnapshot
from shared.regions import prefix_of

T = TypeVar("T", SeniorSnapshot, OrganizationSnapshot, AdmissionSnapshot)
NO_SUBSIDY = "no_subsidy"


async def remember_seniors(session: AsyncSession, events: Sequence[Received[SeniorSnapshot]]) -> None:
    """Keep the newest of each; a death undoes what was delivered after it."""
    newest = _newest((event.data for event in events), lambda s: s.senior_id)
    rows = [(s.senior_id, s.version, s.region, s.status, s.died_on) for s in newest]
    deaths = await repository.put_seniors(session, rows)
    if deaths:
        await review.undo_after_death(session, deaths, now())


async def remember_organizations(session: AsyncSession, events: Sequence[Received[OrganizationSnapshot]]) -> None:
    """Keep the newest of each, with its meal contracts."""
    newest = _newest((event.data for event in events), lambda o: o.organization_id)
    rows = [(o.organization_id, o.version, o.region, o.kind, o.name, o.status, _contracts(o)) for o in newest]
    await repository.put_organizations(session, rows)


def _contracts(organization: OrganizationSnapshot) -> str:
    return orjson.dumps(
        [[prefix_of(c.region), c.valid_from, c.valid_to] for c in organization.contracts if c.service == "meal"]
    ).decode()


async def remember_admissions(session: AsyncSession, events: Sequence[Received[AdmissionSnapshot]]) -> None:
    """Keep the newest of each."""
    newest = _newest((event.data for event in events), lambda a: a.admission_id)
    rows = [(a.admission_id, a.version, a.senior_id, a.admitted_on, a.discharged_on) for a in newest]
    await repository.put_admissions(session, rows)


async def remember_listed(session: AsyncSession, events: Sequence[Received[SubjectListed]]) -> None:
    """Keep decisions about organisations; one that ends subsidies undoes what counted from its day on.

    A person is no vendor, whatever the id says.
    """
    decisions = {e.data.decision_id: e.data for e in events if e.data.subject_kind == "organization"}.values()
    if not decisions:
        return
    await repository.lock_vendors(session, [d.subject_id for d in decisions])
    rows = [(d.decision_id, d.subject_id, NO_SUBSIDY in d.effects, d.listed_on, d.until) for d in decisions]
    ending = await repository.put_listed(session, rows)
    if ending:
        await review.undo_while_listed(session, ending, now())


async def remember_delisted(session: AsyncSession, events: Sequence[Received[SubjectDelisted]]) -> None:
    """Keep the ends; what was undone while it was listed stays undone."""
    ends = {event.data.decision_id: event.data for event in events}.values()
    await repository.put_delisted(session, [(e.decision_id, e.subject_id, e.delisted_on) for e in ends])


def _newest(snapshots: Iterable[T], key: Callable[[T], UUID]) -> list[T]:
    """The highest version of each, in the order of keys."""
    found: dict[UUID, Any] = {}
    for each in snapshots:
        known = found.get(key(each))
        if known is None or known.version < each.version:
            found[key(each)] = each
    return [found[each] for each in sorted(found)]
