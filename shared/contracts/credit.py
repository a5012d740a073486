"""Who was put on a list and who was taken off. Facts: a delisting names the decision it ends."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Code, Event, Region, known

DecisionId = Annotated[UUID, Field(description="The decision to list 列入决定")]
SubjectId = Annotated[UUID, Field(description="Organisation or person concerned 信用主体")]


class SubjectListed(Event):
    """A subject is on a list from a day on 列入名单."""

    TYPE = "cn.anxiang.credit.subject.listed.v1"
    TOPIC = "credit.subjects"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "decision_id": "019a4c00-0000-7000-8000-000000000032",
        "subject_id": "019a4c00-0000-7000-8000-00000000000a",
        "subject_kind": "organization",
        "list_kind": "joint_discipline",
        "region": "321202000000",
        "listed_on": "2026-10-08",
        "until": None,
        "legal_basis": "民发〔2019〕103号",
        "document_no": "示民信〔2026〕1号",
        "effects": ["no_subsidy", "no_purchase"],
    }

    decision_id: DecisionId
    subject_id: SubjectId
    subject_kind: Annotated[str, known("organization", "person")] = Field(description="机构或个人")
    list_kind: Code = Field(description="Code of the list 名单类别")
    region: Annotated[Region, Field(description="Region of the authority that decided 决定机关区划")]
    listed_on: date = Field(description="First day of effect 列入日期")
    until: date | None = Field(default=None, description="Last day of effect; null: until delisted 届满日期")
    legal_basis: str = Field(min_length=1, max_length=2000, description="What the list rests on 法律依据")
    document_no: str = Field(min_length=1, max_length=200, description="Number of the decision 文号")
    effects: tuple[Code, ...] = Field(default=(), description="What follows, such as no_subsidy 惩戒措施")

    def key(self) -> str:
        """The subject."""
        return str(self.subject_id)


class SubjectDelisted(Event):
    """A listing ends: repaired, run out or withdrawn 移出名单."""

    TYPE = "cn.anxiang.credit.subject.delisted.v1"
    TOPIC = "credit.subjects"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "decision_id": "019a4c00-0000-7000-8000-000000000032",
        "subject_id": "019a4c00-0000-7000-8000-00000000000a",
        "delisted_on": "2027-10-08",
        "reason": "repaired",
    }

    decision_id: DecisionId
    subject_id: SubjectId
    delisted_on: date = Field(description="First day without effect 移出日期")
    reason: str = Field(min_length=1, max_length=2000, description="Why 移出原因")

    def key(self) -> str:
        """The subject."""
        return str(self.subject_id)
