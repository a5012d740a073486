"""Worked cases: what a document means, worked out by hand, held against what the engine answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from services.subsidy.engine import POLICIES, Pack, Packs, explain
from services.subsidy.engine.model import Strict
from services.subsidy.engine.refusals import PackRefused, Refusal
from services.subsidy.engine.shelf import Shelf
from services.subsidy.engine.yamlfile import YamlFile
from shared.clock import Month


class Case(Strict):
    """One sentence, the facts, and the answer. ``set`` changes parameters for this case alone; null empties one.

    ``month``, ``effective``, ``expires`` and ``simulate`` take the place of the file's own. ``steps`` asks for values
    of the explanation by the code of the step, such as the city's part of a sum.
    """

    name: str
    month: str | None = None
    effective: dict[str, date] | None = None
    expires: dict[str, date] | None = None
    simulate: bool | None = None
    set: dict[str, Any] = Field(default_factory=dict)
    input: dict[str, Any] = Field(default_factory=dict)
    rows: tuple[dict[str, Any], ...] = ()
    amount: str
    outcome: Literal["paid", "not_eligible", "not_configured", "held"] = "paid"
    reason: str | None = None
    steps: dict[str, str] = Field(default_factory=dict)


class CasesFile(Strict):
    """``cases/*.yaml``: what all its cases share, and the cases.

    ``effective`` lets a document count from a day, ``expires`` ends it on one; ``simulate`` works out a draft.
    """

    format: Literal["anxiang.cases.v1"]
    programme: str
    region: str
    overrides: tuple[str, ...] = ()
    month: str
    effective: dict[str, date] = Field(default_factory=dict)
    expires: dict[str, date] = Field(default_factory=dict)
    simulate: bool = False
    set: dict[str, Any] = Field(default_factory=dict)
    input: dict[str, Any] = Field(default_factory=dict)
    cases: tuple[Case, ...]

    def law(self, pack: Pack, case: Case) -> Pack:
        """The law a case rests on: documents that count from a day or end on one, and decisions taken to be made."""
        for document, on in (self.effective if case.effective is None else case.effective).items():
            pack = pack.taking_effect(document, on)
        for document, on in (self.expires if case.expires is None else case.expires).items():
            pack = expiring(pack, document, on)
        return pack.changed(self.set | case.set)

    def simulates(self, case: Case) -> bool:
        """Whether a draft is worked out as if it were law."""
        return self.simulate if case.simulate is None else case.simulate


@dataclass(frozen=True)
class Worked:
    """A case beside the engine's answer."""

    file: str
    case: Case
    pack: Pack
    given: CasesFile

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The facts."""
        given = {"subject_id": "case", **self.given.input, **self.case.input}
        return [{**given, **row} for row in self.case.rows or ({},)]

    @cached_property
    def trace(self) -> Mapping[str, Any]:
        """The engine's answer, worked out when it is first asked for."""
        month, simulate = Month.parse(self.case.month or self.given.month), self.given.simulates(self.case)
        law = self.given.law(self.pack, self.case)
        return explain(law, self.given.programme, month, self.rows, simulate=simulate)

    @property
    def holds(self) -> bool:
        """Whether amount, outcome, reason and steps are the ones worked out by hand."""
        return self.answer == (self.case.amount, self.case.outcome, self.case.reason) and not self.other_steps

    @property
    def other_steps(self) -> dict[str, list[str]]:
        """The steps that came out otherwise, with what the engine says there."""
        told = {code: [str(s["value"]) for s in self.trace["steps"] if s["code"] == code] for code in self.case.steps}
        return {code: values for code, values in told.items() if self.case.steps[code] not in values}

    @property
    def answer(self) -> tuple[str, str, str | None]:
        """Amount, outcome and reason the engine gave."""
        return self.trace["amount"], self.trace["outcome"], self.trace["reason"]


def work(root: Path = POLICIES) -> Iterator[Worked]:
    """Every case of every pack below ``root``. PackRefused when a pack or a file of cases is not fit for use."""
    refusals: list[Refusal] = []
    packs: dict[tuple[str, ...], Packs] = {}
    shelf = Shelf(root)
    for name in shelf.names("*/cases/*.yaml"):
        file = YamlFile.read(shelf.text(name), name, refusals)
        parsed = file.parse(CasesFile, refusals) if file else None
        if parsed is None:
            raise PackRefused(refusals)
        if parsed.overrides not in packs:
            packs[parsed.overrides] = Packs.load(root, shelf.folders(parsed.overrides))
        pack = packs[parsed.overrides].for_region(parsed.region)
        yield from (Worked(name, case, pack, parsed) for case in parsed.cases)


def expiring(pack: Pack, document: str, on: date) -> Pack:
    """This pack as if a document expired on a day."""
    changed = pack.content.documents[document].model_copy(update={"expires_on": on})
    documents = pack.content.documents | {document: changed}
    return Pack(pack.content.model_copy(update={"documents": documents}))
