"""Who reacts to what."""

from typing import Any

from services.registry.listings import service as listings
from shared import audit_keeping
from shared.contracts import Event, Handler
from shared.contracts.credit import SubjectDelisted, SubjectListed

HANDLERS: dict[type[Event], Handler[Any]] = {
    SubjectListed: listings.remember_listed,
    SubjectDelisted: listings.remember_delisted,
    **audit_keeping.handlers("registry"),
}
