"""Who reacts to what."""

from __future__ import annotations

from typing import Any

from services.visits.judgements import events
from shared.contracts.base import Event, Handler
from shared.contracts.credit import SubjectDelisted, SubjectListed
from shared.contracts.registry import AdmissionSnapshot, OrganizationSnapshot, SeniorSnapshot

HANDLERS: dict[type[Event], Handler[Any]] = {
    SeniorSnapshot: events.remember_seniors,
    OrganizationSnapshot: events.remember_organizations,
    AdmissionSnapshot: events.remember_admissions,
    SubjectListed: events.remember_listed,
    SubjectDelisted: events.remember_delisted,
}
