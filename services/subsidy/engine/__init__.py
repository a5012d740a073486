"""The policy engine 政策引擎: dated law as data, one batch path from facts to amounts, and the reasons in words."""

from services.subsidy.engine.calculate import calculate, reference_day, summarise
from services.subsidy.engine.pack import Pack
from services.subsidy.engine.packs import POLICIES, Packs, UnknownRegion
from services.subsidy.engine.refusals import PackRefused, Refusal

__all__ = ["POLICIES", "Pack", "PackRefused", "Packs", "Refusal", "UnknownRegion", "calculate", "reference_day", "summarise"]
