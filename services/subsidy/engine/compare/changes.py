"""What a difference between two packs consists of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from services.subsidy.engine.model import Text
from services.subsidy.engine.pack import Pack
from services.subsidy.engine.printed import in_month, word
from services.subsidy.engine.programme import Programme
from shared.clock import Month

What = Literal["pack", "document", "programme", "condition", "parameter", "stacking", "target", "words", "formulas"]
WHEN_IT_TAKES_EFFECT = Text(zh="自文件施行之日起", en="from the day the document takes effect")


@dataclass(frozen=True)
class Affected:
    """Whom a change touches: programmes by code, kinds of beneficiaries, ages or grades or levels, and from when."""

    programmes: dict[str, Text] = field(default_factory=dict)
    beneficiaries: dict[str, Text] = field(default_factory=dict)
    groups: tuple[Text, ...] = ()
    month: Month | None = None


@dataclass(frozen=True)
class Change:
    """One thing that is other than it was: ``text`` is the whole sentence, ``before`` and ``after`` what is printed.

    ``part`` is a key of its file, or ``value.80-89``. ``since`` and ``until`` are None where no date bounds it.
    """

    region: str
    what: What
    id: str
    part: str
    text: Text
    before: Text | None = None
    after: Text | None = None
    since: date | None = None
    until: date | None = None
    affected: Affected = field(default_factory=Affected)

    @property
    def same_as(self) -> tuple[object, ...]:
        """What a district's copy of its city's change has in common with it."""
        before, after = self.before and self.before.zh, self.after and self.after.zh
        return self.what, self.id, self.part, before, after, self.since, self.until


def month_of_effect(since: date | None) -> Month | None:
    """The first month judged by what holds from a day on: a month is judged by its first day."""
    if since is None or since == date.min:
        return None
    month = Month.of(since)
    return month if since == month.first else month.next()


def concerned(
    pack: Pack, laws: Sequence[Programme], groups: tuple[Text, ...] = (), since: date | None = None
) -> Affected:
    """Whom some benefits concern."""
    kinds: dict[str, Text] = {law.beneficiary: word(law.beneficiary, pack.content.labels) for law in laws}
    return Affected({law.code: law.name for law in laws}, kinds, groups, month_of_effect(since))


def whom(affected: Affected) -> Text | None:
    """The sentence that says who is touched; None when nobody is."""
    if not affected.programmes:
        return None
    lists = [affected.programmes.values(), affected.beneficiaries.values(), affected.groups]
    zh = [",".join(text.zh for text in part) for part in lists]
    en = [", ".join(text.en for text in part) for part in lists]
    if affected.month:
        month = in_month(affected.month)
        zh, en = [*zh, f"自{month.zh}起"], [*en, f"from {month.en} on"]
    return Text(
        zh="涉及:" + ";".join(part for part in zh if part) + "。",
        en="Concerns: " + "; ".join(part for part in en if part) + ".",
    )
