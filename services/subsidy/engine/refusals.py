"""Why a pack is refused: one sentence with file, line, key and the mend, in English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Language = Literal["en", "zh"]

SENTENCES: dict[str, tuple[str, str]] = {
    "file_missing": ("the file is not there; add it", "文件不存在;请补上"),
    "not_yaml": ("this is not YAML ({problem}); mend the line", "不是有效的 YAML({problem});请改正此行"),
    "unknown_key": (
        "this key is not known here; remove it or use one of {known}",
        "此处没有这个键;请删去,或改用 {known} 之一",
    ),
    "missing_key": ("the key is missing; add it", "缺少这个键;请补上"),
    "wrong_value": ("the value does not fit ({problem}); mend it", "值不合要求({problem});请改正"),
    "unknown_unit": (
        "the unit {unit} is not in the national labels; use a known unit or add it there",
        "全国标签中没有单位 {unit};请改用已有单位,或在那里补上",
    ),
    "unlabelled": (
        "{code} has no label in Chinese and English; add it to the national labels",
        "{code} 没有中英文标签;请在全国标签中补上",
    ),
    "unknown_document": (
        "no document is called {document} here; declare it or correct the name",
        "没有名为 {document} 的文件;请先声明,或改正名称",
    ),
    "source_missing": (
        "the source text {source} is not there; put it beside this file or in docs/sources",
        "找不到原文 {source};请放在本文件旁或 docs/sources 中",
    ),
    "quotation_not_found": (
        "these words are not in {source}; copy the sentence of the document exactly",
        "这段话不在 {source} 中;请逐字照抄原文",
    ),
    "quotation_empty": ("the quotation is empty; copy the sentence of the document", "引文为空;请抄录原文句子"),
    "unknown_kind": ("no formula is called {kind}; use one of {known}", "没有名为 {kind} 的公式;请用 {known} 之一"),
    "unknown_slot": (
        "the formula {kind} asks for no {slot}; remove it or use one of {known}",
        "公式 {kind} 不需要 {slot};请删去,或改用 {known} 之一",
    ),
    "missing_slot": (
        "the formula {kind} needs {slot}; name the parameter that holds it",
        "公式 {kind} 需要 {slot};请写明由哪个参数提供",
    ),
    "unknown_parameter": (
        "there is no parameter {parameter}; declare it or correct the name",
        "没有参数 {parameter};请先声明,或改正名称",
    ),
    "slot_kind": (
        "{parameter} is of kind {given}, the formula needs {wanted}; change one of them",
        "{parameter} 的类型是 {given},公式需要 {wanted};请改其一",
    ),
    "unknown_column": (
        "the formula {kind} has no input {column}; use one of {known}",
        "公式 {kind} 没有输入列 {column};请用 {known} 之一",
    ),
    "test_shape": ("the test {test} needs the key {needed}; add it", "条件 {test} 需要键 {needed};请补上"),
    "value_kind": (
        "a parameter of kind {kind} is given by the key {wanted}; use that key and no other",
        "类型为 {kind} 的参数用键 {wanted} 给值;请只用这个键",
    ),
    "too_many_places": (
        "{value} has more than two decimal places; write money in whole fen and factors in whole percent",
        "{value} 的小数超过两位;金额精确到分,倍数精确到百分之一",
    ),
    "not_whole": ("{value} {unit} is not a whole number; write a whole number", "{value} {unit} 不是整数;请写整数"),
    "negative": ("{value} is below zero; write zero or more", "{value} 小于零;请写零或正数"),
    "unknown_choice": (
        "{choice} is not among the choices; use one of {known}",
        "{choice} 不在可选项中;请用 {known} 之一",
    ),
    "bands_overlap": (
        "the band from {at} overlaps the one before; let it begin after it",
        "自 {at} 起的档与前一档重叠;请使其在前一档之后开始",
    ),
    "bands_gap": ("the bands leave a gap before {at}; close it", "{at} 之前的档位有空缺;请补上"),
    "dates_reversed": (
        "the value ends before it begins; correct since or until",
        "结束日早于开始日;请改正 since 或 until",
    ),
    "dates_overlap": (
        "the value begins on {since} while the one before still runs; end that one the day before",
        "该值自 {since} 起,而前一值尚未结束;请把前一值的结束日定在前一天",
    ),
    "dates_gap": (
        "no value is in force from {start} to {end}; close the gap",
        "{start} 至 {end} 之间没有值;请补齐",
    ),
    "inside_month": (
        "a monthly value begins on {since}; let it begin on the first day of a month",
        "按月的值自 {since} 起;请定在某月一日开始",
    ),
    "no_decision": (
        "the parameter has no value; add missing_decision and decided_by so that people see what is undecided",
        "该参数没有值;请写明 missing_decision 和 decided_by,让人知道缺什么决定",
    ),
    "under_floor": (
        "{value} is under the floor of {floor} ({clause}); a district may raise it, not undercut it",
        "{value} 低于下限 {floor}({clause});县(市、区)可以提高,不得降低",
    ),
    "over_ceiling": (
        "{value} is over the ceiling of {ceiling} ({clause}); a district may lower it, not exceed it",
        "{value} 高于上限 {ceiling}({clause});县(市、区)可以降低,不得超过",
    ),
    "not_to_change": (
        "{parameter} is fixed exactly by {clause}; remove the local value",
        "{parameter} 由 {clause} 明确规定;请删去本地值",
    ),
    "outside": (
        "the district {region} does not lie in {city}; correct region or of",
        "{region} 不在 {city} 之内;请改正 region 或 of",
    ),
    "unknown_region": ("there is no region {region}; correct the code", "没有区划代码 {region};请改正"),
    "unknown_parent": (
        "there is no pack {parent} to inherit from; correct the name",
        "没有可继承的 {parent};请改正名称",
    ),
    "cycle": ("{chain} inherits from itself; remove one of the links", "{chain} 继承成环;请去掉其中一环"),
    "twice": ("{name} is declared twice; keep one", "{name} 重复声明;请只留一处"),
}


@dataclass(frozen=True, order=True)
class Place:
    """A spot in a policy file."""

    file: str
    line: int
    key: str


@dataclass(frozen=True)
class Refusal:
    """One thing that is wrong, and how to mend it."""

    place: Place
    code: str
    arguments: dict[str, str] = field(default_factory=dict)

    def sentence(self, language: Language = "en") -> str:
        """``file, line n, key k: what is wrong; the mend.``"""
        english, chinese = SENTENCES[self.code]
        if language == "zh":
            return f"{self.place.file} 第 {self.place.line} 行 {self.place.key}:{chinese.format(**self.arguments)}。"
        return f"{self.place.file}, line {self.place.line}, key {self.place.key}: {english.format(**self.arguments)}."


class PackRefused(Exception):  # noqa: N818  # reads as what happened
    """The packs on disk are not fit for use; ``refusals`` names everything to mend."""

    def __init__(self, refusals: list[Refusal]) -> None:
        once = {refusal.sentence(): refusal for refusal in refusals}
        self.refusals = sorted(once.values(), key=lambda refusal: refusal.place)
        super().__init__("\n".join(refusal.sentence() for refusal in self.refusals))
