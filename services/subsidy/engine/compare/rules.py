"""What changed beside the values: documents, benefits, conditions, targets, and the words for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.subsidy.engine import printed
from services.subsidy.engine.compare.changes import Affected, Change, What, concerned
from services.subsidy.engine.compare.values import affected
from services.subsidy.engine.model import Strict, Text
from services.subsidy.engine.pack import Pack

NEW = {
    "document": Text(zh="新增文件《{name}》。", en="new document: {name}."),
    "programme": Text(zh="新增补贴项目:{name}。", en="new benefit: {name}."),
    "condition": Text(zh="新增条件:{name}。", en="new condition: {name}."),
    "target": Text(zh="新增目标:{name}。", en="new target: {name}."),
    "parameter": Text(zh="新增参数:{name},尚未规定。", en="new parameter: {name}, not decided."),
}
GONE = {
    "document": Text(zh="文件《{name}》不再列入。", en="document no longer here: {name}."),
    "programme": Text(zh="补贴项目取消:{name}。", en="benefit no longer here: {name}."),
    "condition": Text(zh="条件取消:{name}。", en="condition no longer asked: {name}."),
    "target": Text(zh="目标取消:{name}。", en="target no longer here: {name}."),
    "parameter": Text(zh="参数取消:{name}。", en="parameter no longer here: {name}."),
}
OTHER = Text(zh="{name}:{field}由{before}改为{after}。", en="{name}: {field} is {after}, was {before}.")
FIELDS = {
    "effective_on": Text(zh="施行日期", en="effective date"),
    "expires_on": Text(zh="失效日期", en="expiry date"),
    "status": Text(zh="状态", en="status"),
    "completeness": Text(zh="文本", en="text"),
    "title": Text(zh="标题", en="title"),
    "number": Text(zh="文号", en="number"),
    "issuer": Text(zh="发文机关", en="issuer"),
    "issued_on": Text(zh="成文日期", en="date of issue"),
    "published_on": Text(zh="发布日期", en="date of publication"),
    "source": Text(zh="原文文件", en="source text"),
    "name": Text(zh="名称", en="name"),
    "label": Text(zh="名称", en="name"),
    "kind": Text(zh="计算方式", en="formula"),
    "form": Text(zh="给付形式", en="form"),
    "beneficiary": Text(zh="补贴对象", en="beneficiary"),
    "payee": Text(zh="收款方", en="payee"),
    "force": Text(zh="效力", en="force"),
    "semantics": Text(zh="下级能否调整", en="what a lower level may change"),
    "unit": Text(zh="单位", en="unit"),
    "over": Text(zh="依据的事实", en="fact it is read by"),
    "decided_by": Text(zh="决定机关", en="who decides"),
    "missing_decision": Text(zh="尚缺的决定", en="missing decision"),
    "choices": Text(zh="可选项", en="choices"),
    "uses": Text(zh="所用参数", en="parameters it uses"),
    "derived": Text(zh="对照表", en="mappings it uses"),
    "inputs": Text(zh="所需事实", en="facts it needs"),
    "outcome": Text(zh="不符合时", en="where it is not met"),
    "remedy": Text(zh="如何满足", en="how to meet it"),
    "test": Text(zh="判断方式", en="test"),
    "column": Text(zh="依据的事实", en="fact it is read by"),
    "columns": Text(zh="依据的事实", en="facts it is read by"),
    "any_of": Text(zh="依据的事实", en="facts it is read by"),
    "parameter": Text(zh="对照的参数", en="parameter it is compared with"),
    "document": Text(zh="依据的文件", en="document it rests on"),
    "clause": Text(zh="条款", en="clause"),
    "quotation": Text(zh="引文", en="quotation"),
    "note": Text(zh="备注", en="note"),
}
"""What people call a key of a policy file; others are shown as they stand."""
NOTHING, UNKNOWN = Text(zh="无", en="nothing"), Text(zh="未定", en="unknown")
TEXTUAL = {"values", "conditions", "id", "code"}


def rules(old: Pack, new: Pack) -> Iterator[Change]:
    """Every rule that is another, documents first."""
    yield from _documents(old, new)
    yield from Both("programme", old, new, dict(old.programmes), dict(new.programmes)).changes()
    for code in [code for code in new.programmes if code in old.programmes]:
        was, now = ({each.code: each for each in pack.programmes[code].conditions} for pack in (old, new))
        yield from Both("condition", old, new, was, now, code).changes()
    yield from _parameters(old, new)
    yield from Both("target", old, new, dict(old.content.targets), dict(new.content.targets)).changes()


@dataclass(frozen=True)
class Thing:
    """A rule as the newer pack has it, and whom it touches."""

    pack: Pack
    what: What
    id: str
    label: Text
    touched: Affected

    def fields(self, before: Strict, after: Strict) -> Iterator[Change]:
        """Every field that is another."""
        for key in type(after).model_fields:
            was, now = getattr(before, key, None), getattr(after, key)
            if key not in TEXTUAL and was != now and (key, self.what) != ("effective_on", "document"):
                yield self.other(key, said(self.pack, was), said(self.pack, now))

    def other(self, key: str, was: Text | None, now: Text | None, since: date | None = None) -> Change:
        """One field that is another."""
        field, before, after = FIELDS.get(key) or Text(zh=key, en=key), was or NOTHING, now or NOTHING
        zh = OTHER.zh.format(name=self.label.zh, field=field.zh, before=before.zh, after=after.zh)
        en = OTHER.en.format(name=self.label.en, field=field.en, before=before.en, after=after.en)
        text = Text(zh=zh, en=en)
        return Change(self.pack.region, self.what, self.id, key, text, was, now, since, affected=self.touched)

    def whole(self, sentences: Mapping[str, Text]) -> Change:
        """It came, or it went."""
        sentence = sentences[self.what]
        text = Text(zh=sentence.zh.format(name=self.label.zh), en=sentence.en.format(name=self.label.en))
        return Change(self.pack.region, self.what, self.id, self.what, text, affected=self.touched)


@dataclass(frozen=True)
class Both:
    """The things of one kind in two packs, by name; conditions are those of one benefit."""

    what: What
    old: Pack
    new: Pack
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    programme: str = ""

    def changes(self) -> Iterator[Change]:
        """What came, what went, and every field that is another."""
        for name in dict.fromkeys([*self.before, *self.after]):
            thing = self._thing(name)
            if name not in self.before:
                yield thing.whole(NEW)
            elif name not in self.after:
                yield thing.whole(GONE)
            else:
                yield from thing.fields(self.before[name], self.after[name])

    def _thing(self, name: str) -> Thing:
        rule, pack = (self.after[name], self.new) if name in self.after else (self.before[name], self.old)
        label: Text = getattr(rule, "label", None) or getattr(rule, "name", None) or rule.title
        whole = f"{self.programme}.{name}" if self.programme else name
        if self.what == "document":
            return Thing(pack, self.what, whole, label, _by_document(pack, name, None))
        law = pack.programmes.get(self.programme or name) if self.what != "target" else None
        return Thing(pack, self.what, whole, label, concerned(pack, [law]) if law else Affected())


def _by_document(pack: Pack, name: str, since: date | None) -> Affected:
    return concerned(pack, [law for law in pack.programmes.values() if law.document == name], since=since)


def _documents(old: Pack, new: Pack) -> Iterator[Change]:
    before, after = dict(old.content.documents), dict(new.content.documents)
    yield from Both("document", old, new, before, after).changes()
    for name in [name for name in after if name in before]:
        was, now = old.effective_on(name), new.effective_on(name)
        if was != now:
            title = Text(zh=f"《{after[name].title.zh}》", en=after[name].title.en)
            thing = Thing(new, "document", name, title, _by_document(new, name, now or was))
            shown = [printed.on_day(day) if day else UNKNOWN for day in (was, now)]
            yield thing.other("effective_on", shown[0], shown[1], now)


def _parameters(old: Pack, new: Pack) -> Iterator[Change]:
    """What stands around the values: unit, force, clause. A new parameter with a value is told by its value."""
    before, after = old.content.parameters, new.content.parameters
    for name, parameter in after.items():
        thing = Thing(new, "parameter", name, parameter.label, affected(new, name, (), None))
        if name in before:
            yield from thing.fields(before[name], parameter)
        elif not parameter.values:
            yield thing.whole(NEW)
    for name in [name for name, parameter in before.items() if name not in after and not parameter.values]:
        yield Thing(old, "parameter", name, before[name].label, affected(old, name, (), None)).whole(GONE)


def said(pack: Pack, value: object) -> Text | None:
    """Any value of a policy file in words; None for nothing."""
    if value is None or value in ((), {}):
        return None
    if isinstance(value, Text):
        return value
    if isinstance(value, date):
        return printed.on_day(value)
    if isinstance(value, tuple | Mapping):
        pairs = value.items() if isinstance(value, Mapping) else ((None, each) for each in value)
        return printed.joined(_pair(pack, key, each) for key, each in pairs)
    labels, code = pack.content.labels, str(value)
    return labels.codes.get(code) or labels.units.get(code) or labels.columns.get(code) or Text(zh=code, en=code)


def _pair(pack: Pack, key: object, value: object) -> Text:
    text = said(pack, value) or NOTHING
    name = said(pack, key)
    return Text(zh=f"{name.zh}:{text.zh}", en=f"{name.en}: {text.en}") if name else text
