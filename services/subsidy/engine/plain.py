"""What somebody is entitled to, in a few plain sentences: no clause, no formula, no code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.subsidy.engine.model import Text
from services.subsidy.engine.pack import Pack
from services.subsidy.engine.render import OUT_OF_TIME, failures, once, open_sentence, verdict
from services.subsidy.engine.stacking import EXCLUDED, UNDECIDED, Claim
from services.subsidy.engine.wording import Language
from shared.money import to_yuan

NO_FACTS = {
    "register_age": Text(zh="登记资料里没有这位老人", en="the register knows nothing of this senior"),
    "register_stays": Text(zh="本月没有住养老机构的记录", en="no stay in an institution is on record for this month"),
    "meals": Text(zh="本月没有核实过的用餐记录", en="no verified meal is on record for this month"),
    "application": Text(
        zh="这一项要先申请,本月没有已经受理的申请",
        en="this must be applied for, and no accepted application covers this month",
    ),
}
"""Why nothing can be said, by where a programme's facts come from."""
NOTHING = Text(zh="本月没有。", en="Nothing this month.")
TOGETHER = {
    UNDECIDED: Text(
        zh="单独算是{due}元;和“{other}”能不能同时享受,还没有人决定,所以先不发放",
        en="alone it would be {due} yuan; nobody has decided whether it goes together with “{other}”,"
        " so nothing is paid for now",
    ),
    EXCLUDED: Text(
        zh="单独算是{due}元;和“{other}”只能享受一项,选“{other}”合计更多",
        en="alone it would be {due} yuan; only this or “{other}” may be had, and with “{other}” the sum is higher",
    ),
}
COUNTED = Text(
    zh="单独算是{due}元;“{other}”要从里面抵扣,抵扣以后是{amount}元",
    en="alone it would be {due} yuan; “{other}” is counted against it, which leaves {amount} yuan",
)
DECIDES = {"zh": "由{who}决定:{what}", "en": "for {who} to decide: {what}"}
SAID_BY_VERDICT = ("document_is_draft", "effective_date_missing")
"""Reasons that the first sentence tells already."""
_FIGURES = {"mapped", "full_month"}
"""Steps that only lead to other steps."""


@dataclass(frozen=True)
class Said:
    """One benefit in plain words: what there is, why, what is undecided, what would change it."""

    headline: str
    because: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    full: bool = False

    def text(self, language: Language) -> str:
        """All of it in one line."""
        stop, gap = ("。", "") if language == "zh" else (".", " ")
        labels = {"zh": ("还没有决定的事,", "以后:"), "en": ("Still undecided, ", "Later: ")}[language]
        parts = [self.headline, *(() if self.full else self.undecided)]
        undecided = self.undecided if self.full else ()
        for label, items in zip(("", *labels), (self.because, undecided, self.change), strict=True):
            if items:
                joined = (";" if language == "zh" else "; ").join(items)
                parts.append(f"{label}{joined if label or language == 'zh' else _capital(joined)}{stop}")
        return gap.join(parts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def said(trace: Mapping[str, Any], language: Language, *, full: bool = False) -> Said:
    """A trace in plain words; what is undecided in one sentence, or ``full``, question by question."""
    told = tuple(failures(trace, language)) if trace["reason"] not in SAID_BY_VERDICT else ()
    if trace["outcome"] == "paid":
        steps = once(step for step in trace["steps"] if step["code"] not in _FIGURES)
        told = (*(step["text"][language] for step, _ in steps), *told)
    change = tuple(item["text"][language] for item in trace["what_would_change"])
    sentence = open_sentence(trace, language)
    undecided = tuple(_open(trace, language)) if full else (sentence,) if sentence else ()
    return Said(verdict(trace, language), told, undecided, change, full)


def _open(trace: Mapping[str, Any], language: Language) -> list[str]:
    """What is undecided, by who decides it."""
    by_whom: dict[str, list[str]] = {}
    for item in trace["missing"] if trace["reason"] not in OUT_OF_TIME else ():
        if item["missing_decision"]:
            who = item["decided_by"][language] if item["decided_by"] else ""
            by_whom.setdefault(who, []).append(item["missing_decision"][language])
    gap = ";" if language == "zh" else "; "
    return [
        DECIDES[language].format(who=who, what=gap.join(what)) if who else gap.join(what)
        for who, what in by_whom.items()
    ]


def nothing_known(source: str, needs: Sequence[Text], language: Language) -> Said:
    """Where no facts are on record: what there is to do about it."""
    because = getattr(NO_FACTS[source], language)
    asked = "、".join(text.zh for text in needs) if language == "zh" else ", ".join(text.en for text in needs)
    more = {"zh": f"申请时要写明:{asked}", "en": f"to be named when applying: {asked}"}[language]
    return Said(getattr(NOTHING, language), (because, more) if needs else (because,))


def beside(pack: Pack, claim: Claim, alone: Said, language: Language) -> Said:
    """A benefit as it stands beside the others that the same person is due in the same month."""
    if claim.reason is None or claim.other is None:
        return alone
    other = getattr(pack.programmes[claim.other].name, language)
    sentence = getattr(TOGETHER.get(claim.reason, COUNTED), language)
    words = {"due": to_yuan(claim.due_fen), "amount": to_yuan(claim.amount_fen), "other": other}
    headline = alone.headline
    if claim.amount_fen != claim.due_fen:
        headline = getattr(NOTHING, language)
    if claim.amount_fen:
        headline = alone.headline.replace(words["due"], words["amount"], 1)
    return replace(alone, headline=headline, because=(sentence.format(**words), *alone.because))
