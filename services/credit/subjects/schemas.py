"""Whom a record or a list entry is about, as callers write it."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.credit.shapes import Body, example
from shared.regions import Region
from shared.text import ShortText


class OrganizationRef(Body):
    """An organisation of the registry 机构."""

    model_config = example(kind="organization", subject_id="01980000-0000-7000-8000-00000000000a")

    kind: Literal["organization"]
    subject_id: UUID = Field(description="Its id in the registry 机构编号")


class PersonRef(Body):
    """A person: the registry's id, and a name of which only the masked form is kept 个人."""

    model_config = example(
        kind="person", subject_id="01980000-0000-7000-8000-0000000000f1", name="张某", region="321202000000"
    )

    kind: Literal["person"]
    subject_id: UUID = Field(description="The person's id in the registry 人员编号")
    name: ShortText = Field(description="Stored and shown as 张* 姓名(仅保存脱敏形式)")
    region: Region


SubjectRef = Annotated[OrganizationRef | PersonRef, Field(discriminator="kind")]
