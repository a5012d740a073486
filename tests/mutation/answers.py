"""The answers of the worked cases, without the explanations: fast enough to work them thousands of times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from services.subsidy.engine import POLICIES, Pack, Packs, calculate
from services.subsidy.engine.alternatives import frame_of
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.shelf import Shelf
from services.subsidy.engine.yamlfile import YamlFile
from services.subsidy.policies.cases import Case, CasesFile, Worked
from shared.clock import Month
from tests.mutation.figures import Figure

Change = Callable[[Pack], Pack]


@dataclass(frozen=True)
class Suite:
    """A file of cases with the pack it works on."""

    name: str
    file: CasesFile
    pack: Pack

    @property
    def city(self) -> str:
        """The folder of the pack, and the district files on top of it."""
        return self.name.partition("/")[0]

    def notices_moved(self, figure: Figure) -> bool:
        """Whether a figure that the programme of these cases rests on makes a case fail."""
        return figure.parameter in self._parameters and self.notices(figure.apply)

    @cached_property
    def _parameters(self) -> frozenset[str]:
        programme = self.pack.programmes[self.file.programme]
        return frozenset([*programme.parameters(), *(name for _, name in programme.mappings())])

    def notices(self, change: Change) -> bool:
        """Whether any case answers otherwise under a change than was worked out by hand. An error counts as noticed."""
        try:
            changed = change(self.pack)
            return any(not self.holds(changed, case) for case in self.file.cases)
        except Exception:  # noqa: BLE001  # a mutant may break anything
            return True

    def holds(self, pack: Pack, case: Case) -> bool:
        """Whether the engine answers a case as worked out."""
        worked = Worked(self.name, case, pack, self.file)
        if case.steps:
            return worked.holds
        law, simulate = self.file.law(pack, case), self.file.simulates(case)
        month = Month.parse(case.month or self.file.month)
        answer = _answer(law, self.file.programme, month, worked.rows, simulate=simulate)
        return answer == (case.amount, case.outcome, case.reason)


def suites(root: Path = POLICIES) -> Iterator[Suite]:
    """Every file of cases below ``root``."""
    shelf = Shelf(root)
    for name in shelf.names("*/cases/*.yaml"):
        read = YamlFile.read(shelf.text(name), name, [])
        file = read.parse(CasesFile, []) if read else None
        if file:
            packs = Packs.load(root, shelf.folders(file.overrides))
            yield Suite(name, file, packs.for_region(file.region))


def _answer(
    pack: Pack, programme: str, month: Month, rows: Sequence[Mapping[str, Any]], *, simulate: bool
) -> tuple[str, str, str | None]:
    frame = frame_of(Rules(pack, pack.programmes[programme], month), rows)
    judged = calculate(pack, programme, month, frame, simulate=simulate).to_dicts()
    amount = sum(row["amount_fen"] for row in judged)
    refused = next((row["outcome"] for row in judged if row["outcome"] != "paid"), "paid")
    reason = next((row["reason"] for row in judged if row["reason"]), None)
    return f"{amount // 100}.{amount % 100:02}", "paid" if amount else refused, reason
