"""Use cases of lives: read one, and refuse what makes it impossible."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from services.registry.desk import Desk
from services.registry.errors import WrongDates
from services.registry.lives import repository
from services.registry.lives.ages import least_age
from services.registry.lives.domain import REGISTRATION, Contradiction, Life, Span, arising
from shared.errors import FieldError, Problem
from shared.jurisdiction import is_covered

MOST_TOLD = 20
STATES = frozenset({"after_death", "overlap"})
"""Rules by which somebody's state, not a date alone, forbids a stay."""


async def of(desk: Desk, senior_id: UUID) -> Life:
    """A senior's life on file, what the caller may not see included: no fact is judged without it."""
    rows = await repository.read(desk.session, senior_id)
    days = {row.kind: row.since for row in rows}
    facts = tuple(Span(**row._mapping) for row in rows if row.kind != "birth")
    return Life(days["birth"], desk.today, least_age("senior", days[REGISTRATION]), facts)


def beginning(born: date, today: date, told: Iterable[Span]) -> Life:
    """The life of somebody who is registered today."""
    return Life(born, today, least_age("senior", today), (Span(REGISTRATION, today), *told))


def check(desk: Desk, before: Life | None, after: Life, place: str, state: type[Problem] = WrongDates) -> None:
    """Refuse a write. `place` is where the request has what is changed, if a fact has no place of its own.

    Raises:
        WrongDates: it makes facts impossible. `errors` has each at its place, `facts` those on file, so that they can
            be corrected first.
        state: the same where only the state of the person stands against it.
    """
    found = arising(before, after)
    if not found:
        return
    errors = [_error(desk, one, after, place) for one in found[:MOST_TOLD]]
    problem = state if {one.rule.code for one in found} <= STATES else WrongDates
    facts = [_on_file(one.span) for one in found[:MOST_TOLD] if _is_on_file(one.span) and _is_seen(desk, one.span)]
    raise problem(errors[0].message_en, errors[0].message, errors, **({"facts": facts} if facts else {}))


def _error(desk: Desk, one: Contradiction, life: Life, place: str) -> FieldError:
    en, zh = one.text(life, hidden=not _is_seen(desk, one.span))
    return FieldError.of(one.span.place or place, "date", en, zh)


def _on_file(span: Span) -> dict[str, str]:
    return {"kind": span.kind, "id": str(span.id), "valid_from": span.since.isoformat()}


def _is_on_file(span: Span) -> bool:
    return span.id is not None and not span.place


def _is_seen(desk: Desk, span: Span) -> bool:
    return not _is_on_file(span) or (desk.caller.organization is None and is_covered(desk.caller, span.region))
