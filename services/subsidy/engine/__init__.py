"""The policy engine 政策引擎: dated law as data, one batch path from facts to amounts, and the reasons in words.

``Packs.load`` reads and checks the law, ``calculate`` says what is due for one row or a million, ``summarise`` rolls
rows up to lines, ``explain`` and ``render`` give the reasons, ``prove`` works a stored line out again. The engine
reads no database and no clock: dates come in, amounts in fen come out. ``docs/policy-packs.md`` says how a pack is
written and which columns each formula kind reads.
"""

from services.subsidy.engine.calculate import calculate, judged_on, reference_day, summarise
from services.subsidy.engine.pack import Pack
from services.subsidy.engine.packs import POLICIES, Packs, UnknownRegion
from services.subsidy.engine.proof import Proof, prove
from services.subsidy.engine.refusals import PackRefused, Refusal
from services.subsidy.engine.render import render
from services.subsidy.engine.trace import Trace, explain

__all__ = [
    "POLICIES",
    "Pack",
    "PackRefused",
    "Packs",
    "Proof",
    "Refusal",
    "Trace",
    "UnknownRegion",
    "calculate",
    "explain",
    "judged_on",
    "prove",
    "reference_day",
    "render",
    "summarise",
]
