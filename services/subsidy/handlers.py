"""What the subsidy service listens to, and what it does then."""

from typing import Any

from services.subsidy.subjects import service as subjects
from shared.contracts.base import Event, Handler
from shared.contracts.credit import SubjectDelisted, SubjectListed
from shared.contracts.registry import AdmissionSnapshot, OrganizationSnapshot, SeniorSnapshot, WorkerKnown
from shared.contracts.visits import (
    MealDeliveryFlagged,
    MealDeliveryRejected,
    MealDeliveryReversed,
    MealDeliveryVerified,
)

HANDLERS: dict[type[Event], "Handler[Any]"] = {
    SeniorSnapshot: subjects.remember_seniors,
    OrganizationSnapshot: subjects.remember_organizations,
    AdmissionSnapshot: subjects.remember_admissions,
    WorkerKnown: subjects.remember_workers,
    MealDeliveryVerified: subjects.remember_meals,
    MealDeliveryFlagged: subjects.remember_meals,
    MealDeliveryRejected: subjects.remember_meals,
    MealDeliveryReversed: subjects.remember_meals,
    SubjectListed: subjects.remember_listings,
    SubjectDelisted: subjects.remember_delistings,
}
