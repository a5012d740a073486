"""Who reacts to what."""

from __future__ import annotations

from typing import Any

from services.visits.subjects import service
from shared.contracts.base import Event, Handler
from shared.contracts.credit import SubjectDelisted, SubjectListed
from shared.contracts.registry import AdmissionSnapshot, OrganizationSnapshot, SeniorSnapshot

HANDLERS: dict[type[Event], Handler[Any]] = {
    SeniorSnapshot: service.remember_seniors,
    OrganizationSnapshot: service.remember_organizations,
    AdmissionSnapshot: service.remember_admissions,
    SubjectListed: service.remember_listed,
    SubjectDelisted: service.remember_delisted,
}
