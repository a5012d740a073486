"""Shapes of packs, documents and differences as they are read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.subsidy.schemas import Answer, Programme
from shared.clock import Month
from shared.regions import RegionShown

Name = Annotated[str, Field(description="In the language asked for 按所选语言")]
Code = Annotated[str, Field(description="Its code 代码")]


class Word(Answer):
    """A code and what it is called 代码与名称."""

    code: Code
    name: Name


class DocumentRef(Answer):
    """A policy document, named 政策文件."""

    id: str = Field(examples=["city-2020"])
    title: Name
    number: str | None = Field(description="Number printed on it; null: none 文号")
    status: Word = Field(description="in_force 现行, draft 征求意见稿")


SOURCE: JsonDict = {
    "document": {
        "id": "city-2020",
        "title": "关于加快推进养老服务高质量发展的实施意见",
        "number": "〔2020〕1号",
        "status": {"code": "in_force", "name": "现行"},
    },
    "clause": "二(六)",
    "quotation": "实施尊老金制度",
}
"""An example for every shape that holds one."""


class SourceOut(Answer):
    """Where a rule stands, with the sentence word for word 依据."""

    model_config = ConfigDict(json_schema_extra={"examples": [SOURCE]})

    document: DocumentRef
    clause: str = Field(description="Clause 条款", examples=["二(六)"])
    quotation: str = Field(description="The sentence, word for word 原文")


class ProgrammeBrief(Answer):
    """A subsidy programme in the list of a pack 补贴项目."""

    code: Programme
    name_zh: str
    name_en: str
    kind: str = Field(description="Kind of formula 计算方式")
    beneficiary: str = Field(description="For whom 补贴对象")
    payee: str = Field(description="Who gets the money 收款方")
    clause: str = Field(description="Where it stands 条款")
    quotation: str = Field(description="The sentence, word for word 原文")


class PackOut(Answer):
    """A policy pack 政策包."""

    region: RegionShown = Field(description="The unit it is the law of 适用地区")
    name_zh: str
    name_en: str
    hash: str = Field(description="SHA-256 of its content 摘要", examples=["9f" * 32])
    status: str = Field(description="in_force or draft 状态")
    complete: bool = Field(description="False: parts of a document are not in the available text 文本是否完整")
    sample: bool = Field(description="A demonstration's invented figures are in it 是否演示样例")
    programmes: list[ProgrammeBrief]


class EnteredOut(Answer):
    """Who entered from which day a document counts here 施行日期录入."""

    on: date
    entered_by: str
    entered_on: date
    reason: Name


class DocumentOut(DocumentRef):
    """A policy document as the pack describes it 政策文件."""

    issuer: str = Field(description="Who issued it 发文机关")
    issued_on: date | None
    published_on: date | None
    effective_on: date | None = Field(description="From when it counts here; null: nobody has entered it 施行日期")
    entered: EnteredOut | None = Field(description="Who entered that day; null: it is printed, or missing 录入人")
    expires_on: date | None
    completeness: Word
    source: str = Field(description="File of the project's own copy 原文文件", examples=["city-2020.txt"])
    quoted: int = Field(description="How many different sentences the pack quotes 引用句数")


class CitingOut(Answer):
    """A rule that rests on a sentence 引用者."""

    kind: Literal["programme", "condition", "parameter", "target"]
    id: str
    name: Name


class QuotationOut(Answer):
    """A sentence of a document and the rules that rest on it 引文."""

    clause: str
    quotation: str
    start: int | None = Field(description="Where it begins in the text, in characters from 0; null: not there 起始位置")
    end: int | None = Field(description="Where it ends, not included 结束位置")
    rules: list[CitingOut]


class DocumentDetail(DocumentOut):
    """A document with the sentences that are quoted and its text 文件全文."""

    quotations: list[QuotationOut] = Field(description="In the order of the text 按原文顺序")
    text: str | None = Field(description="The project's own copy, word for word; null: not kept for this pack 原文")
    sha256: str | None = Field(description="Of the text 原文摘要")


class PackDetail(PackOut):
    """A pack with its documents 政策包详情."""

    in_use: bool = Field(description="Decides today; false: it decided lines once 是否在用")
    note: str | None = Field(description="What a demonstration says of itself 说明")
    documents: list[DocumentOut]


class ChangeOut(Answer):
    """One thing that is other than it was 变动."""

    region: RegionShown
    what: Code
    id: str
    part: str
    text: Name
    before: str | None
    after: str | None
    since: date | None
    until: date | None
    programmes: list[Word] = Field(description="What it touches 涉及项目")
    beneficiaries: list[Word] = Field(description="Whom 涉及对象")
    groups: list[Name] = Field(description="Ages, grades or levels 涉及档次")
    month: Month | None = Field(description="The first month that is judged anew 起算月份", examples=["2027-01"])
    concerns: str | None = Field(description="The same in a sentence 涉及")


_CHANGE: JsonDict = {
    "region": "321202000000",
    "what": "parameter",
    "id": "longevity_allowance.amount",
    "part": "value.80-89",
    "text": "尊老金标准,80至89周岁:自2027年1月1日起至2027年12月31日由60.00元/人·月改为80.00元/人·月。",
    "before": "60.00元/人·月",
    "after": "80.00元/人·月",
    "since": "2027-01-01",
    "until": "2027-12-31",
    "programmes": [{"code": "longevity_allowance", "name": "尊老金"}],
    "beneficiaries": [{"code": "senior", "name": "老年人"}],
    "groups": ["80至89周岁"],
    "month": "2027-01",
    "concerns": "涉及:尊老金;老年人;80至89周岁;自2027年1月起。",
}


class DiffOut(Answer):
    """Two packs side by side 政策比对."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"old": "9f" * 32, "new": "ab" * 32, "same": False, "changes": [_CHANGE]}]}
    )

    old: str
    new: str
    same: bool
    changes: list[ChangeOut]


class RefusalOut(Answer):
    """One thing to mend in a policy file 待改正处."""

    file: str
    line: int
    key: str
    sentence: Name


class StatusOut(Answer):
    """What is in use, and what stands on disk 政策文件状态."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "state": "refused",
                    "loaded_at": "2026-11-02T01:30:00Z",
                    "packs": 6,
                    "refused_at": "2026-11-02T02:00:00Z",
                    "refusals": [
                        {
                            "file": "override.yaml",
                            "line": 33,
                            "key": "values.0.bands",
                            "sentence": "override.yaml 第 33 行 values.0.bands:49 低于下限 50(二(六));"
                            "县(市、区)可以提高,不得降低。",
                        }
                    ],
                }
            ]
        }
    )

    state: Literal["in_use", "refused"] = Field(description="refused: the files on disk are not fit; the old are used")
    loaded_at: datetime | None
    packs: int
    refused_at: datetime | None
    refusals: list[RefusalOut]
