"""Two versions of the law side by side 政策比对: what changed, from when, and whom it touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.subsidy.engine.compare.changes import Affected, Change, whom
from services.subsidy.engine.compare.rules import rules
from services.subsidy.engine.compare.values import values
from services.subsidy.engine.model import Text
from services.subsidy.engine.pack import Pack

__all__ = ["Affected", "Change", "compare", "compare_all", "whom"]


def compare(old: Pack, new: Pack) -> list[Change]:
    """Every difference between two packs: documents, benefits, conditions, values, and the words for them."""
    if old.hash == new.hash:
        return []
    return [*rules(old, new), *values(old, new), *_around(old, new)]


def compare_all(old: Iterable[Pack], new: Iterable[Pack]) -> list[Change]:
    """Every difference between two sets of packs, region by region; what a district only inherits is told once."""
    before, after = ({pack.region: pack for pack in side} for side in (old, new))
    changes: list[Change] = []
    for region in sorted(before.keys() | after.keys()):
        was, now = before.get(region), after.get(region)
        told = {change.same_as for change in changes if _above(change.region, region)}
        found = compare(was, now) if was and now else _one_sided(was, now)
        changes += [change for change in found if change.same_as not in told]
    return changes


def _above(region: str, district: str) -> bool:
    return region != district and district.startswith(region.removesuffix("00").removesuffix("00"))


def _one_sided(old: Pack | None, new: Pack | None) -> Iterator[Change]:
    """A whole pack that came or went."""
    for pack, zh, en in ((new, "新增政策包", "new policy pack"), (old, "政策包不再列入", "policy pack no longer here")):
        if pack:
            text = Text(zh=f"{zh}:{pack.name.zh}。", en=f"{en}: {pack.name.en}.")
            laws = {law.code: law.name for law in pack.programmes.values()}
            yield Change(pack.region, "pack", pack.region, "pack", text, affected=Affected(laws))


def _around(old: Pack, new: Pack) -> Iterator[Change]:
    """What is said of the pack as a whole, the words for codes, and the formulas."""
    was, now = old.content, new.content
    if was.name != now.name:
        text = Text(zh=f"名称由{was.name.zh}改为{now.name.zh}。", en=f"name is {now.name.en}, was {was.name.en}.")
        yield Change(new.region, "pack", new.region, "name", text, was.name, now.name)
    if was.sample != now.sample:
        marks = Text(zh="带演示样例", en="with figures of a demonstration"), Text(zh="不带演示样例", en="without them")
        text = Text(zh=f"现在{marks[not now.sample].zh}。", en=f"now {marks[not now.sample].en}.")
        yield Change(new.region, "pack", new.region, "sample", text)
    count = sum(
        1
        for part in ("units", "codes", "columns", "reasons", "steps")
        for key in {**getattr(was.labels, part), **getattr(now.labels, part)}
        if getattr(was.labels, part).get(key) != getattr(now.labels, part).get(key)
    )
    if count:
        text = Text(zh=f"{count}处用词不同,不影响金额。", en=f"{count} labels have other words; no amount changes.")
        yield Change(new.region, "words", "labels", "labels", text)
    if was.formulas != now.formulas:
        text = Text(
            zh=f"公式版本由{was.formulas}改为{now.formulas}。", en=f"formulas are {now.formulas}, were {was.formulas}."
        )
        laws = {law.code: law.name for law in new.programmes.values()}
        yield Change(new.region, "formulas", "formulas", "formulas", text, affected=Affected(laws))
