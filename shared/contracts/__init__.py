"""Every event of the system: one model per event and version, registered with its topic."""

from shared.contracts import audit, credit, registry, subsidy, visits
from shared.contracts.base import EVENTS, LISTENERS, TOPICS, Event, Handler, Received

__all__ = [
    "EVENTS",
    "LISTENERS",
    "TOPICS",
    "Event",
    "Handler",
    "Received",
    "audit",
    "credit",
    "registry",
    "subsidy",
    "visits",
]
