"""Which event leads to which use case."""

from __future__ import annotations

from typing import Any

from services.credit.leads import service as leads
from services.credit.subjects import service as subjects
from shared import audit_keeping
from shared.contracts.base import Event, Handler
from shared.contracts.registry import OrganizationSnapshot, SeniorSnapshot
from shared.contracts.subsidy import ApplicationDisputed, RecoveryOpened
from shared.contracts.visits import (
    MealDeliveryFlagged,
    MealDeliveryRejected,
    MealDeliveryReversed,
    MealDeliveryVerified,
)

HANDLERS: dict[type[Event], Handler[Any]] = {
    OrganizationSnapshot: leads.subjects_changed,
    SeniorSnapshot: subjects.remember_persons,
    MealDeliveryFlagged: leads.flagged,
    MealDeliveryRejected: leads.rejected,
    MealDeliveryReversed: leads.reversed_,
    MealDeliveryVerified: leads.verified,
    RecoveryOpened: leads.recovery_opened,
    ApplicationDisputed: leads.application_disputed,
    **audit_keeping.handlers("credit"),
}
