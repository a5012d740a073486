"""Both laws of a simulation, side by side: in force, and changed. Reads no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from services.subsidy.engine import Pack, Packs, UnknownRegion
from services.subsidy.engine.derived import LEVELS
from services.subsidy.engine.packs import opened
from services.subsidy.engine.rules import Rules
from services.subsidy.errors import ChangeRefused, NoPolicy
from services.subsidy.inputs.domain import FACTS
from services.subsidy.simulations import conditions, drafts, values
from services.subsidy.simulations.drafts import Draft
from services.subsidy.simulations.schemas import SimulationIn
from services.subsidy.simulations.values import Judge
from services.subsidy.simulations.wrong import Wrong
from shared.clock import Month
from shared.errors import FieldError
from shared.regions import prefix_of

NO_PROGRAMME, NO_LAW = "no_such_programme", "no_law_here"
"""Why a side answers nobody, beside what the engine says: the law has no such programme, or there is no law."""
NOT_CONFIGURED = "not_configured"
_DIGITS = 6


@dataclass(frozen=True)
class Laws:
    """The two laws of a place; None when there is none in force."""

    today: Pack | None
    changed: Pack
    ignored: tuple[FieldError, ...] = ()

    @property
    def programmes(self) -> list[str]:
        """Every programme of either side."""
        return list(dict.fromkeys([*(self.today.programmes if self.today else ()), *self.changed.programmes]))


@dataclass
class Desk:
    """What a request is judged with. ``draft`` is read once for all places."""

    packs: Packs
    wanted: SimulationIn
    draft: Draft | None = None
    _known: dict[str, Laws] = field(default_factory=dict)

    def laws(self, county: str) -> Laws | None:
        """The laws of a county; None where there is no law at all. ChangeRefused names what cannot be changed so."""
        today = self._today(county)
        key = today.hash if today else county
        if key not in self._known:
            base = self.draft.onto(today, county) if self.draft else today
            if base is None:
                return None
            self._known[key] = self._changed(today, base)
        return self._known[key]

    def _today(self, county: str) -> Pack | None:
        try:
            return self.packs.for_region(county)
        except UnknownRegion:
            return None

    def _changed(self, today: Pack | None, base: Pack) -> Laws:
        wrong, ignored = Wrong(), Wrong()
        first = self.wanted.first_month.first
        judge = Judge(wrong, ignored if self.wanted.ignore_floors else wrong)
        changed = conditions.change(base, self.packs, self.wanted.conditions, wrong)
        changed = values.change(changed, self.wanted.values, first, judge)
        if wrong.errors:
            raise ChangeRefused(errors=wrong.errors)
        day = self.wanted.assume_effective
        return Laws(assumed(today, day) if today else None, assumed(changed, day), tuple(ignored.errors))

    def check(self) -> list[FieldError]:
        """Refuse at once what no job could do: NoPolicy or ChangeRefused say why. Returns the limits ignored."""
        prefix = prefix_of(self.wanted.region)
        places = [self.wanted.region[:_DIGITS], *(pack.region for pack in self.packs if pack.prefix.startswith(prefix))]
        found = [laws for place in dict.fromkeys(places) if (laws := self.laws(place))]
        if not found:
            region = self.wanted.region
            raise NoPolicy(f"No policy covers {region}.", f"{region}没有适用的政策。")
        known = {code for laws in found for law in (laws.today, laws.changed) if law for code in law.programmes}
        for index, code in enumerate(self.wanted.programmes or ()):
            if code not in known:
                en, zh = f"Neither law has a programme {code}.", f"现行政策和调整后的政策中都没有项目{code}。"
                raise NoPolicy(en, zh, [FieldError.of(f"/programmes/{index}", "programme", en, zh)])
        return list({one.message: one for laws in found for one in laws.ignored}.values())


def desk(packs: Packs, wanted: SimulationIn) -> Desk:
    """A request with its draft read, on the cities' law in use. DraftRefused names everything to mend."""
    return Desk(packs, wanted, drafts.read(packs, wanted.draft) if wanted.draft else None)


def limits(sealed: bytes, wanted: SimulationIn) -> list[FieldError]:
    """The limits of the law that a request breaks and may break; refuses what no job could do. For another process."""
    return desk(opened(sealed), wanted).check()


def assumed(pack: Pack, day: date | None) -> Pack:
    """The pack as if every document that does not say since when it counts did so from a day."""
    for document in pack.content.documents if day else ():
        if day and pack.effective_on(document) is None:
            pack = pack.taking_effect(document, day)
    return pack


def silence(pack: Pack | None, programme: str, month: Month, *, simulate: bool) -> tuple[str, str] | None:
    """(outcome, reason) when a law answers nobody about a programme in a month; None when it answers."""
    if pack is None:
        return NOT_CONFIGURED, NO_LAW
    law = pack.programmes.get(programme)
    if law is None:
        return NOT_CONFIGURED, NO_PROGRAMME
    given = frozenset(FACTS[law.source].columns) - frozenset(LEVELS)  # left out where nobody has translated them
    return Rules(pack, law, month, simulate, given).shut
