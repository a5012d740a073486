"""A pack: the law of one place, read once, immutable, with a hash that names it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from pydantic import Field

from services.subsidy.engine.files import EffectiveEntry, LocalValue
from services.subsidy.engine.model import Document, Labels, Parameter, Source, Strict, Text
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.relations import Pairs
from services.subsidy.engine.targets import Target
from services.subsidy.engine.values import FIELD_OF_KIND, Resolved, in_force
from shared.clock import Month

FORMULAS = "formulas-3"
"""The version of the formulas: part of every hash, raised when a formula gives another result. A kept pack has its
own, and is proved by it."""
BEFORE_DAYS, PER_DAY = ("formulas-1", "formulas-2"), "CNY/day"
"""The versions that paid any number of days on one day, and the unit that this was about."""

FIRST_MONTH, LAST_MONTH, WHOLE_MONTH = "effect.first_month", "effect.last_month", "WHOLE_MONTH"
"""The decisions on the months in which a document takes effect and expires, and the choice that takes all of one."""

Availability = Literal["known", "not_in_available_text", "no_rule"]


class Content(Strict):
    """All a pack says, in the order of its files; what the hash is taken over."""

    region: str
    prefix: str
    name: Text
    sample: bool
    note: Text | None
    documents: dict[str, Document]
    labels: Labels
    programmes: dict[str, Programme]
    parameters: dict[str, Parameter]
    targets: dict[str, Target] = Field(default_factory=dict)
    stacking: dict[str, Pairs] = Field(default_factory=dict)
    effective: dict[str, EffectiveEntry]
    local: dict[str, tuple[LocalValue, ...]]
    formulas: str = FORMULAS


@dataclass(frozen=True)
class Pack:
    """The law of one place. Two packs with the same hash give the same answers."""

    content: Content
    kept: str | None = field(default=None, compare=False, repr=False)
    """The snapshot it was restored from, to the letter: what packs say since then beside it changes no hash."""

    @property
    def region(self) -> str:
        """Six digits: ``321202``."""
        return self.content.region

    @property
    def prefix(self) -> str:
        """What every region code of this place begins with."""
        return self.content.prefix

    @property
    def name(self) -> Text:
        """What the place is called."""
        return self.content.name

    @property
    def sample(self) -> bool:
        """Whether figures of a demonstration are in it, which are no law."""
        return self.content.sample

    @property
    def programmes(self) -> Mapping[str, Programme]:
        """The benefits by code."""
        return self.content.programmes

    @property
    def status(self) -> str:
        """``draft`` when any document of its programmes is a draft."""
        documents = {self.content.documents[programme.document].status for programme in self.programmes.values()}
        return "draft" if "draft" in documents else "in_force"

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the content, the district's decisions and the version of the formulas."""
        return hashlib.sha256(self.snapshot().encode()).hexdigest()

    def snapshot(self) -> str:
        """The whole content as JSON; keep it once per hash and any old line can be proved again."""
        return self.kept or self.content.model_dump_json()

    @classmethod
    def restore(cls, snapshot: str) -> Pack:
        """The pack a snapshot was taken of. ValidationError when the text is no snapshot."""
        return cls(Content.model_validate_json(snapshot), snapshot)

    def effective_on(self, document: str) -> date | None:
        """The day a document counts from here: entered by a person, or printed; None when nobody said."""
        entry = self.content.effective.get(document)
        return entry.on if entry else self.content.documents[document].effective_on

    def counts_from(self, document: str) -> date | None:
        """The day from which months count by a document: that of a month is its first where the place so decided."""
        day = self.effective_on(document)
        whole = day is not None and day.day != 1 and self._at_an_edge(FIRST_MONTH, day) == WHOLE_MONTH
        return day.replace(day=1) if day is not None and whole else day

    def counts_until(self, document: str) -> date | None:
        """The last day for which months count by a document; None while it does not expire."""
        day = self.content.documents[document].expires_on
        whole = day is not None and self._at_an_edge(LAST_MONTH, day) == WHOLE_MONTH
        return Month.of(day).last if day is not None and whole else day

    def undecided_edge(self, document: str, month: Month) -> str | None:
        """The decision that is missing where a document takes effect or expires inside a month; old packs ask none."""
        since, until = self.effective_on(document), self.content.documents[document].expires_on
        edges = (
            (FIRST_MONTH, since if since and since.day != 1 else None),
            (LAST_MONTH, until if until and until != Month.of(until).last else None),
        )
        inside = [(name, day) for name, day in edges if day and Month.of(day) == month]
        return next((name for name, day in inside if self._asks(name) and self._at_an_edge(name, day) is None), None)

    def _asks(self, parameter: str) -> bool:
        return parameter in self.content.parameters

    def _at_an_edge(self, parameter: str, day: date) -> str | None:
        """The choice for a month in which a document begins or ends; it may be that document's own."""
        if not self._asks(parameter):
            return None
        values = (*self.content.local.get(parameter, ()), *self.content.parameters[parameter].values)
        end = Month.of(day).last
        found = (each for each in values if each.since == "document" or in_force(each, each.since, end))
        return next((each.choice for each in found), None)

    def resolve(self, parameter: str, day: date) -> Resolved | None:
        """The value in force on a day: the district's own if it set one, else the city's; None if there is none."""
        declared = self.content.parameters[parameter]
        for values in (self.content.local.get(parameter, ()), declared.values):
            for dated in values:
                source = dated if isinstance(dated, LocalValue) else declared
                since = self.counts_from(source.document) if dated.since == "document" else dated.since
                if isinstance(since, date) and in_force(dated, since, day):
                    plain = Source(document=source.document, clause=source.clause, quotation=source.quotation)
                    return Resolved(declared, dated, since, plain, self.content.documents[source.document])
        return None

    @cached_property
    def _rules(self) -> dict[frozenset[str], str]:
        pairs = [(frozenset(pair), name) for name, named in self.content.stacking.items() for pair in named.each()]
        return dict(reversed(pairs))

    def relation(self, a: str, b: str, day: date) -> Resolved | None:
        """How two programmes go together on a day, and by which rule; None while nobody has decided."""
        rule = self._rules.get(frozenset((a, b)))
        return self.resolve(rule, day) if rule else None

    def pairing(self, a: str, b: str) -> Parameter | None:
        """The decision that is asked of two programmes, taken or not; None where no rule names the two."""
        rule = self._rules.get(frozenset((a, b)))
        return self.content.parameters[rule] if rule else None

    def counted(self, a: str, b: str) -> bool:
        """Whether it is the second that is counted against the first where their rule says so."""
        pairs = self.content.stacking.get(self._rules.get(frozenset((a, b)), ""))
        return pairs is not None and (a, b) in pairs.each()

    def available(self, programme: str) -> Availability:
        """Whether we know a programme here; if not, whether the text we have is all there is."""
        if programme in self.programmes:
            return "known"
        incomplete = any(document.completeness == "incomplete" for document in self.content.documents.values())
        return "not_in_available_text" if incomplete else "no_rule"

    def basis(self, programme: str, month: Month) -> str:
        """SHA-256 over what one programme's answers in one month rest on: no labels, no other programme's words."""
        law, day = self.programmes[programme], month.first
        parameters = [*law.parameters(), *(name for _, name in law.mappings())]
        stacking = [name for pair, name in self._rules.items() if programme in pair]
        rests_on = {
            "programme": law.model_dump(mode="json"),
            "values": {name: self._basis_of(name, day) for name in [*parameters, *stacking]},
            "effective": [str(self.counts_from(law.document)), str(self.counts_until(law.document)), self.status],
            "formulas": self._formulas_of(law),
        }
        return hashlib.sha256(json.dumps(rests_on, sort_keys=True).encode()).hexdigest()

    def _formulas_of(self, law: Programme) -> str:
        """The last version that changed what a programme comes to, so that no other is looked at again for it."""
        by_days = any(self.content.parameters[name].unit == PER_DAY for _, name in law.slots())
        return self.content.formulas if by_days else min(self.content.formulas, BEFORE_DAYS[-1])

    def _basis_of(self, parameter: str, day: date) -> dict[str, Any] | None:
        """What a value says on a day: not how long it will."""
        resolved = self.resolve(parameter, day)
        if resolved is None:
            return None
        value = resolved.dated.model_dump(mode="json", include=set(FIELD_OF_KIND.values()), exclude_none=True)
        declared = {name: getattr(resolved.parameter, name) for name in ("kind", "unit", "over", "semantics")}
        return declared | value | {"since": str(resolved.since)} | resolved.source.model_dump()

    def taking_effect(self, document: str, on: date) -> Pack:
        """This pack as if a document took effect on a day, for worked cases and simulations."""
        why = Text(zh="测算", en="simulation")
        entry = EffectiveEntry(document=document, on=on, entered_by="simulation", entered_on=on, reason=why)
        return Pack(self.content.model_copy(update={"effective": self.content.effective | {document: entry}}))

    def changed(self, values: Mapping[str, Any], since: date = date.min) -> Pack:
        """This pack with other values, for worked cases and simulations. KeyError for no such parameter."""
        local = dict(self.content.local)
        for name, value in values.items():
            declared = self.content.parameters[name]
            entry = {
                "parameter": name,
                "document": declared.document,
                "clause": declared.clause,
                "quotation": declared.quotation,
                "since": since,
                FIELD_OF_KIND[declared.kind]: value,
            }
            local[name] = () if value is None else (LocalValue.model_validate(entry), *local.get(name, ()))
        return Pack(self.content.model_copy(update={"local": local}))
