"""What the service's request and response shapes share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

RUN_ID = "019ad0c4-7b1e-7d6a-9b1f-0c7e5a1b2c3d"
LINE_ID = "019ad0c4-8f20-7a51-8c3e-5d2f4b6a7c80"
SENIOR_ID = "019a4c00-0000-7000-8000-000000000001"
INSTITUTION_ID = "019a4c00-0000-7000-8000-000000000015"
BATCH_ID = "019ad0c5-1a2b-7c3d-8e4f-5a6b7c8d9e0f"
RECOVERY_ID = "019ad0c6-2b3c-7d4e-9f50-6b7c8d9e0f1a"
HOLD_ID = "019ad0c7-3c4d-7e5f-8a61-7c8d9e0f1a2b"
APPLICATION_ID = "019ad0c8-4d5e-7f60-9b72-8d9e0f1a2b3c"

Programme = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,63}$",
        description="Code of the subsidy programme 补贴项目代码",
        examples=["longevity_allowance"],
    ),
]
Kind = Literal["senior", "organization"]
SubjectKind = Annotated[Kind, Field(description="A person or an organisation 老年人或机构")]
Moment = Annotated[datetime, Field(examples=["2026-11-02T01:30:00Z"])]
Reason = Annotated[str | None, Field(description="Code of the reason; null when paid in full 原因代码")]
Id = UUID


class Body(BaseModel):
    """A request: nothing unknown is accepted."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """A response, read from a row."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
