"""On which days what is known of a subject became otherwise 事实变更的日期范围."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.visits.judgements.domain import Touch, after, changed_days, turns_of
from services.visits.verification.domain import Senior, Vendor

Listing = tuple[UUID, date | None, date]


def senior_changes(senior_id: UUID, former: Senior, latter: Senior, ground: str) -> list[Touch]:
    """A senior's days that are otherwise: alive, at home here, in which district, inside a stay."""
    if former == latter:
        return []

    def look(senior: Senior, day: date) -> object:
        return senior.is_dead(day), senior.is_away(day), senior.region_on(day), senior.is_resident(day)

    turns = [day for senior in (former, latter) for day in _senior_turns(senior)]
    days = changed_days(turns, lambda day: look(former, day), lambda day: look(latter, day))
    return [Touch("senior", senior_id, *days, ground)] if days else []


def _senior_turns(senior: Senior) -> list[date]:
    homes = turns_of(*((first, last) for _, first, last in senior.homes or ()))
    inside = [day for first, last in senior.stays for day in (after(first), last)]
    return [*homes, *inside, *([after(senior.died_on)] if senior.died_on else [])]


def vendor_changes(vendor_id: UUID, former: Vendor, latter: Vendor, ground: str) -> list[Touch]:
    """A vendor's days that are otherwise: open, and under contract where."""
    turns = [day for vendor in (former, latter) for day in _vendor_turns(vendor)]
    days = changed_days(
        turns,
        lambda day: (former.is_closed(day), former.prefixes(day)),
        lambda day: (latter.is_closed(day), latter.prefixes(day)),
    )
    return [Touch("vendor", vendor_id, *days, ground)] if days else []


def _vendor_turns(vendor: Vendor) -> list[date]:
    contracts = turns_of(*((first, last) for _, first, last in vendor.contracts))
    return [*contracts, *([after(vendor.closed_on)] if vendor.closed_on else [])]


def listing_changes(former: Listing | None, latter: Listing, ground: str) -> list[Touch]:
    """The days on which a decision ends subsidies and did not, or no longer does."""
    spans = [(first, last) for _, first, last in (former or latter, latter) if first is not None]
    was, now = (former[1:] if former else (None, date.min)), latter[1:]
    days = changed_days(turns_of(*spans), lambda day: _holds(*was, day), lambda day: _holds(*now, day))
    return [Touch("vendor", latter[0], *days, ground)] if days else []


def _holds(first: date | None, last: date, day: date) -> bool:
    return first is not None and first <= day <= last
