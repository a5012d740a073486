"""One benefit beside the others of the same senior and month, in words: alone, what remains, by which rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from services.subsidy.determinations.schemas import TogetherOut
from services.subsidy.engine import Pack
from services.subsidy.engine.model import Source, Text
from services.subsidy.engine.printed import on_day
from services.subsidy.engine.render import say
from services.subsidy.engine.stacking import UNDECIDED, Claim
from services.subsidy.engine.values import Resolved
from services.subsidy.engine.wording import Words
from services.subsidy.runs.stacking import Less, Sums
from shared.clock import Month
from shared.language import Language


@dataclass(frozen=True)
class Beside:
    """What became of one benefit because of another, in fen; ``decided_fen`` of the other was decided before."""

    programme: str
    due_fen: int
    amount_fen: int
    reason: str
    other: str
    other_fen: int
    decided_fen: int = 0

    @classmethod
    def of_line(cls, programme: str, amount_fen: int, reason: str, stored: Mapping[str, Any]) -> Beside:
        """As a line keeps it."""
        other = stored["other"]
        decided = Sums(*stored["sums"][other]).decided
        return cls(programme, stored["due_fen"], amount_fen, reason, other, stored["other_fen"], decided)

    @classmethod
    def of_claim(cls, claim: Claim, due: Mapping[str, int]) -> Beside | None:
        """As it was just worked out; None where nothing was taken off."""
        if claim.reason is None or claim.other is None:
            return None
        return cls(claim.programme, claim.due_fen, claim.amount_fen, claim.reason, claim.other, due[claim.other])

    @property
    def outcome(self) -> str:
        """Held while nobody decided; otherwise paid as far as something is left."""
        return Less(self.amount_fen, self.reason, self.other, self.other_fen).outcome.value

    def text(self, pack: Pack, month: Month, language: Language) -> str:
        """What it gives way to, and the rule with its date, clause and sentence; or what nobody has decided."""
        words, rule = Words(pack.content.labels), pack.relation(self.programme, self.other, month.first)
        facts: dict[str, object] = {
            "name": _name(pack, self.programme),
            "other": _name(pack, self.other),
            "due_fen": self.due_fen,
            "other_fen": self.other_fen,
            "amount_fen": self.amount_fen,
            "decided_fen": self.decided_fen,
        }
        lines = [words.step("stacking_alone", facts, language)]
        if self.reason == UNDECIDED:
            lines.append(words.step("stacking_held", facts, language))
            lines += self._undecided(pack, words, rule, language)
        elif rule:
            lines.append(words.step("stacking_paid", facts | {"relation": rule.choice}, language))
            lines += [words.step("stacking_before", facts, language)] if self.decided_fen else []
            lines.append(_quoted(pack, rule.source, language) + _since(rule, language))
        return "\n".join(lines)

    def shown(self, pack: Pack, month: Month, language: Language) -> TogetherOut:
        """As a determination answers it."""
        rule, named = pack.relation(self.programme, self.other, month.first), pack.pairing(self.programme, self.other)
        return TogetherOut(
            due=self.due_fen,
            other=self.other,
            other_amount=self.other_fen,
            relation=rule.choice if rule else None,
            rule=named.id if named else None,
            text=self.text(pack, month, language),
        )

    def _undecided(self, pack: Pack, words: Words, rule: Resolved | None, language: Language) -> list[str]:
        """What is missing, and who decides."""
        asked = pack.pairing(self.programme, self.other)
        if rule:
            return [words.step("stacking_places", {}, language)]
        if asked is None or asked.missing_decision is None or asked.decided_by is None:
            return [words.step("stacking_no_rule", {}, language)]
        facts = {"label": asked.label, "decision": asked.missing_decision, "who": asked.decided_by}
        return [words.step("stacking_missing", facts, language), _quoted(pack, asked, language)]


def rivals(pack: Pack, programme: str, month: Month, some: Collection[str] | None = None) -> list[str]:
    """The senior's benefits that may take something off this one, and those that may take it off them.

    ``some``: no others are looked at.
    """
    known = pack.programmes.items()
    seniors = [code for code, law in known if law.beneficiary == "senior" and (some is None or code in some)]
    found = [programme] if programme in seniors else []
    for one in found:
        for other in seniors:
            rule = pack.relation(one, other, month.first) if other not in found else None
            if other not in found and (rule is None or rule.choice != "ADD"):
                found.append(other)
    return found[1:]


def _name(pack: Pack, programme: str) -> Text:
    law = pack.programmes.get(programme)
    return law.name if law else Text(zh=programme, en=programme)


def _quoted(pack: Pack, source: Source, language: Language) -> str:
    title = getattr(pack.content.documents[source.document].title, language)
    return say("source", language, title=title, clause=source.clause, quotation=source.quotation)


def _since(rule: Resolved, language: Language) -> str:
    return say("since", language, since=getattr(on_day(rule.since), language))
