"""The formula kinds. A city picks one by name and feeds it; a new kind is one file here and one line below."""

from __future__ import annotations

from collections.abc import Mapping

from services.subsidy.engine.kinds import (
    base_times_factors,
    cost_share,
    fixed_monthly,
    one_off,
    per_bed_once,
    per_unit_with_caps,
    rate_times_factors_per_day,
    tiered_by_age,
)
from services.subsidy.engine.kinds.base import Kind
from services.subsidy.engine.rules import Rules

KINDS: Mapping[str, Kind] = {
    module.KIND.name: module.KIND
    for module in (
        tiered_by_age,
        rate_times_factors_per_day,
        per_unit_with_caps,
        fixed_monthly,
        one_off,
        per_bed_once,
        base_times_factors,
        cost_share,
    )
}


def kind_of(rules: Rules) -> Kind:
    """The formula a programme names."""
    return KINDS[rules.programme.kind]
