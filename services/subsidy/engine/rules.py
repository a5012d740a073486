"""A programme as it stands in one month: every value in force, and what is still undecided."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from services.subsidy.engine.model import Parameter
from services.subsidy.engine.pack import Pack
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.values import Resolved
from shared.clock import Month


@dataclass(frozen=True)
class Rules:
    """What a formula is fed with. Values are those in force on the first day of the month. A draft pays nobody."""

    pack: Pack
    programme: Programme
    month: Month
    simulate: bool = False
    given: frozenset[str] = frozenset()
    """The columns the rows carry: a mapping is asked for where they carry what it is read from."""

    @cached_property
    def _resolved(self) -> dict[str, Resolved | None]:
        asked = [*self.programme.parameters(), *(name for _, name in self.mappings)]
        return {name: self.pack.resolve(name, self.month.first) for name in asked}

    @cached_property
    def mappings(self) -> list[tuple[str, str]]:
        """(column, mapping) for every derived column that the rows let us fill."""
        parameters = self.pack.content.parameters
        return [(column, name) for column, name in self.programme.mappings() if parameters[name].over in self.given]

    @cached_property
    def missing(self) -> list[Parameter]:
        """The parameters without a value in this month, in the order of the file."""
        declared = self.pack.content.parameters
        empty = [name for name, found in self._resolved.items() if not found and not declared[name].optional]
        return [declared[name] for name in ([self._edge, *empty] if self._edge else empty)]

    @cached_property
    def _edge(self) -> str | None:
        """What nobody decided about the month in which the document takes effect or expires, if this is one."""
        return self.pack.undecided_edge(self.programme.document, self.month)

    @property
    def shut(self) -> tuple[str, str] | None:
        """(outcome, reason) when the programme answers nobody in this month, whoever asks."""
        effective = self.pack.counts_from(self.programme.document)
        expires = self.pack.counts_until(self.programme.document)
        if self.pack.status == "draft" and not self.simulate:
            return "not_configured", "document_is_draft"
        if effective is None or self._edge:
            return "not_configured", self._edge or "effective_date_missing"
        if self.month.first < effective:
            return "not_eligible", "before_effective_date"
        if expires is not None and self.month.last > expires:
            return "not_eligible", "after_expiry_date"
        if self.missing:
            return "not_configured", self.missing[0].id
        return None

    def has(self, slot: str) -> bool:
        """Whether the programme feeds an optional slot, with something that is decided."""
        return slot in self.programme.uses and all(
            self.decided(name) for of, name in self.programme.slots() if of == slot
        )

    def get(self, slot: str) -> Resolved:
        """The value behind a slot of the formula."""
        return self.all(slot)[0]

    def all(self, slot: str) -> list[Resolved]:
        """The values behind a slot that takes several."""
        return [self.value(parameter) for name, parameter in self.programme.slots() if name == slot]

    def decided(self, parameter: str) -> Resolved | None:
        """A value by name; None while nobody has decided."""
        return self._resolved[parameter]

    def value(self, parameter: str) -> Resolved:
        """A value by name. LookupError when there is none: ask ``shut`` first."""
        resolved = self._resolved[parameter]
        if resolved is None:
            raise LookupError(parameter)
        return resolved
