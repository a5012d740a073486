"""From stored figures to an answer: sums, names, reasons in words, the budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.engine.printed import DRAFT
from services.subsidy.engine.wording import Words
from services.subsidy.simulations import repository, results
from services.subsidy.simulations.domain import Figures, overruns, total
from services.subsidy.simulations.laws import NO_LAW, NO_PROGRAMME
from services.subsidy.simulations.models import Part, Simulation
from services.subsidy.simulations.schemas import BudgetIn, SimulationIn
from services.subsidy.simulations.sides import restored
from shared.clock import Month, today
from shared.regions import RegionTable

OWN_WORDS = {
    NO_PROGRAMME: {"zh": "该政策中没有这个项目", "en": "the law has no such programme"},
    NO_LAW: {"zh": "该地区没有适用的政策", "en": "no policy covers this place"},
}
SIDES = ("today", "changed")
IN_FORCE = "in_force"


class Report:
    """A finished simulation. ``small``: fewer people than this are not counted, nor is their money."""

    def __init__(self, one: Simulation, parts: Sequence[Part], contents: Mapping[str, str], small: int = 1) -> None:
        self._one, self._parts, self._small = one, parts, small
        self._asked = SimulationIn.model_validate(one.request)
        self._packs = {pack_hash: restored(content) for pack_hash, content in contents.items()}
        drafts = {name for name, pack in self._packs.items() if pack.status == DRAFT}
        drafted = [part for part in parts if drafts & {part.today_hash, part.changed_hash}]
        self._drafted = {county for part in drafted for county in part.counties}

    @classmethod
    async def of(cls, session: AsyncSession, one: Simulation, small: int = 1) -> Report:
        """Read everything but the figures."""
        return cls(one, await repository.parts(session, one.id), await repository.packs(session, one.id), small)

    async def result(self, session: AsyncSession) -> results.ResultOut:
        """The whole answer."""
        found = await repository.figures(session, self._one.id, "p.programme", "p.month", "c.place")
        ages = await repository.figures(session, self._one.id, "p.programme", "f.age_from", "f.age_to")
        levels = await repository.figures(session, self._one.id, "p.programme", "f.level")
        reasons = await repository.reasons(session, self._one.id)
        nothing = Figures()
        return results.ResultOut(
            total=results.FiguresOut(**self.shown(total(figures for _, figures in found))),
            cells=[self._cell(key, figures) for key, figures in found],
            ages=[results.AgeOut(**key, **self.shown(figures)) for key, figures in ages if figures != nothing],
            levels=[self._level(key, figures) for key, figures in levels if figures != nothing],
            reasons=[self._reason(row) for row in reasons],
            silences=list(self._silences()),
            budget=self._budget(self._asked.budget, found) if self._asked.budget else None,
            laws=list(self._laws()),
            limits_ignored=[results.NameOut(**one) for one in self._one.limits],
            assumed_effective={
                document: entry.on
                for pack in self._packs.values()
                for document, entry in pack.content.effective.items()
                if entry.entered_by == "simulation"
            },
            unfinished_months=[month for month in self._asked.months if month.last >= today()],
        )

    def shown(self, figures: Figures) -> dict[str, Any]:
        """Figures as they may be seen."""
        few = {name for name in _SUM_OF if 0 < getattr(figures, name) < self._small}
        sums = {told: None if name in few else getattr(figures, kept) for name, (told, kept) in _SUM_OF.items() if told}
        counts = {name: f"<{self._small}" if name in few else getattr(figures, name) for name in _SUM_OF}
        return counts | sums | {"difference": None if few else figures.difference_fen}

    def _cell(self, key: Mapping[str, Any], figures: Figures) -> results.CellOut:
        code = key["programme"]
        law = next(pack.programmes[code] for pack in self._packs.values() if code in pack.programmes)
        return results.CellOut(
            district=key["place"],
            district_name=district_name(key["place"]),
            programme=code,
            programme_name=results.NameOut(zh=law.name.zh, en=law.name.en),
            form=law.form,
            status=DRAFT if key["place"] in self._drafted else IN_FORCE,
            month=Month.of(key["month"]),
            **self.shown(figures),
        )

    def _level(self, key: Mapping[str, Any], figures: Figures) -> results.LevelFiguresOut:
        words = {code: text for pack in self._packs.values() for code, text in pack.content.labels.codes.items()}
        name = words.get(key["level"])
        label = results.NameOut(zh=name.zh, en=name.en) if name else None
        return results.LevelFiguresOut(**key, level_name=label, **self.shown(figures))

    def _reason(self, row: Mapping[str, Any]) -> results.ReasonOut:
        few = 0 < row["people"] < self._small
        return results.ReasonOut(
            programme=row["programme"],
            today=self._why(row["programme"], row["today_outcome"], row["today_reason"]),
            changed=self._why(row["programme"], row["changed_outcome"], row["changed_reason"]),
            people=f"<{self._small}" if few else row["people"],
            difference=None if few else row["difference_fen"],
        )

    def _why(self, programme: str, outcome: str | None, reason: str | None) -> results.WhyOut:
        return results.WhyOut(outcome=outcome, reason=reason, text=self._words(programme, reason) if reason else None)

    def _words(self, programme: str, reason: str) -> results.NameOut:
        if reason in OWN_WORDS:
            return results.NameOut(**OWN_WORDS[reason])
        for pack in self._packs.values():
            law, parameter = pack.programmes.get(programme), pack.content.parameters.get(reason)
            for condition in law.conditions if law else ():
                if condition.code == reason:
                    return results.NameOut(zh=condition.label.zh, en=condition.label.en)
            if parameter or reason in pack.content.labels.reasons:
                label = parameter.label if parameter else None
                return results.NameOut(**Words(pack.content.labels).reason(reason, label))
        return results.NameOut(zh=reason, en=reason)

    def _silences(self) -> Iterator[results.SilenceOut]:
        """Each side that answers nobody about a programme, once per reason."""
        found: dict[tuple[str, str, str | None, str | None], list[Part]] = {}
        for part in self._parts:
            for side in SIDES:
                outcome, reason = getattr(part, f"{side}_outcome"), getattr(part, f"{side}_reason")
                if outcome:
                    found.setdefault((part.programme, side, outcome, reason), []).append(part)
        for (programme, side, outcome, reason), parts in found.items():
            yield results.SilenceOut(
                programme=programme,
                side=side,
                why=self._why(programme, outcome, reason),
                months=sorted({Month.of(part.month) for part in parts}),
                districts=sorted({county for part in parts for county in part.counties}),
            )

    def _budget(self, budget: BudgetIn, found: Sequence[tuple[dict[str, Any], Figures]]) -> results.BudgetOut:
        monthly: dict[Month, Figures] = {month: Figures() for month in self._asked.months}
        for key, figures in found:
            monthly[Month.of(key["month"])] += figures
        hidden = {month for month, figures in monthly.items() if 0 < figures.paid_changed < self._small}
        costs = {month: figures.changed_fen for month, figures in monthly.items()}
        rows = []
        for held in overruns(costs, budget.amount, monthly=budget.per == "month"):
            open_ = not hidden if held.month is None else held.month not in hidden
            shown = (held.cost_fen, held.over_fen > 0, held.over_fen) if open_ else (None, None, None)
            rows.append(results.OverOut(month=held.month, cost=shown[0], over=shown[1], over_by=shown[2]))
        over = any(row.over for row in rows) or (None if hidden else False)
        return results.BudgetOut(amount=budget.amount, per=budget.per, over=over, costs=rows)

    def _laws(self) -> Iterator[results.LawOut]:
        for side in SIDES:
            for pack_hash in dict.fromkeys(getattr(part, f"{side}_hash") for part in self._parts):
                if pack_hash:
                    pack = self._packs[pack_hash]
                    name = results.NameOut(zh=pack.name.zh, en=pack.name.en)
                    more = {"status": pack.status, "sample": pack.sample, "side": side}
                    yield results.LawOut(region=pack.region, name=name, hash=pack_hash, **more)


_SUM_OF = {
    "paid_today": ("today", "today_fen"),
    "paid_changed": ("changed", "changed_fen"),
    "gaining": ("gaining_sum", "gaining_fen"),
    "losing": ("losing_sum", "losing_fen"),
    "unchanged": ("", ""),
    "newly": ("newly_sum", "newly_fen"),
    "no_longer": ("no_longer_sum", "no_longer_fen"),
}
"""Each count with its sum, as it is called outside and inside."""


def district_name(county: str) -> str:
    """A district's name; its code when the table does not know it."""
    code, table = f"{county}000000", RegionTable.load()
    return table.name(code) if table.exists(code) else county
