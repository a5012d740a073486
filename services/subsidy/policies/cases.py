"""Worked cases: what a document means, worked out by hand, held against what the engine answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from services.subsidy.engine import POLICIES, Packs, explain
from services.subsidy.engine.model import Strict
from services.subsidy.engine.refusals import PackRefused, Refusal
from services.subsidy.engine.yamlfile import YamlFile
from shared.clock import Month


class Case(Strict):
    """One sentence, the facts, and the answer. ``set`` changes parameters for this case alone; null empties one."""

    name: str
    month: str | None = None
    set: dict[str, Any] = Field(default_factory=dict)
    input: dict[str, Any] = Field(default_factory=dict)
    rows: tuple[dict[str, Any], ...] = ()
    amount: str
    outcome: Literal["paid", "not_eligible", "not_configured", "held"] = "paid"
    reason: str | None = None


class CasesFile(Strict):
    """``cases/*.yaml``: what all its cases share, and the cases. ``effective`` lets a document count from a day."""

    format: Literal["anxiang.cases.v1"]
    programme: str
    region: str
    overrides: tuple[str, ...] = ()
    month: str
    effective: dict[str, date] = Field(default_factory=dict)
    set: dict[str, Any] = Field(default_factory=dict)
    input: dict[str, Any] = Field(default_factory=dict)
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Worked:
    """A case beside the engine's answer."""

    file: str
    case: Case
    trace: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        """Whether amount, outcome and reason are the ones worked out by hand."""
        return self.answer == (self.case.amount, self.case.outcome, self.case.reason)

    @property
    def answer(self) -> tuple[str, str, str | None]:
        """Amount, outcome and reason the engine gave."""
        return self.trace["amount"], self.trace["outcome"], self.trace["reason"]


def work(root: Path = POLICIES) -> Iterator[Worked]:
    """Every case of every pack below ``root``. PackRefused when a pack or a file of cases is not fit for use."""
    refusals: list[Refusal] = []
    for path in sorted(root.glob("*/cases/*.yaml")):
        name = path.relative_to(root).as_posix()
        file = YamlFile.read(path, name, refusals)
        parsed = file.parse(CasesFile, refusals) if file else None
        if parsed is None:
            raise PackRefused(refusals)
        yield from _work_file(root, name, parsed)


def _work_file(root: Path, name: str, file: CasesFile) -> Iterator[Worked]:
    pack = Packs.load(root, [root / folder for folder in file.overrides]).for_region(file.region)
    for document, on in file.effective.items():
        pack = pack.taking_effect(document, on)
    for case in file.cases:
        month = Month.parse(case.month or file.month)
        rows = [{"subject_id": "case", **file.input, **case.input, **row} for row in case.rows or ({},)]
        yield Worked(name, case, explain(pack.changed(file.set | case.set), file.programme, month, rows))
