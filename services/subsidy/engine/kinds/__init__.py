"""The formula kinds. A city picks one by name and feeds it; a new kind is one file here and one line below."""

from __future__ import annotations

from collections.abc import Mapping

from services.subsidy.engine.kinds import per_unit_with_caps, rate_times_factors_per_day, tiered_by_age
from services.subsidy.engine.kinds.base import Kind
from services.subsidy.engine.rules import Rules

KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (tiered_by_age.KIND, rate_times_factors_per_day.KIND, per_unit_with_caps.KIND)
}


def kind_of(rules: Rules) -> Kind:
    """The formula a programme names."""
    return KINDS[rules.programme.kind]
