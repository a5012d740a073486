"""Which columns a source really fills, from what the register and the verification know.

An accepted application is a source of its own: its rows may give any column that the programme declares, and what it
gives is shown as such.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.subsidy.engine.programme import Fed

FILLS: Mapping[Fed, frozenset[str]] = {
    "register_age": frozenset({"birth_date", "died_on", "registered_on", "household_here", "assessment_valid"}),
    "register_stays": frozenset(
        {"from_day", "to_day", "care_level", "assessed_level", "assessed_level_mzt039", "grade", "mode", "listed"}
    ),
    "meals": frozenset({"service_date", "units", "row_key", "listed"}),
}
"""By source, the columns of the engine that it fills; what is named nowhere takes what applications say."""


def unfilled(source: Fed, columns: frozenset[str]) -> frozenset[str]:
    """The columns that a source never fills."""
    return columns - FILLS[source] if source in FILLS else frozenset()
