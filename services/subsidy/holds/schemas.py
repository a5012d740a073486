"""Shapes of holds."""

from __future__ import annotations

from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from services.subsidy.schemas import HOLD_ID, SENIOR_ID, Answer, Body, Moment, Programme, SubjectKind
from shared.regions import Region
from shared.text import LongText

_HOLD: dict[str, JsonValue] = {
    "subject_kind": "senior",
    "subject_id": SENIOR_ID,
    "programme": None,
    "reason": "群众举报已迁出,待核实",
}


class HoldIn(Body):
    """Stop payments to a subject."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HOLD]})

    subject_kind: SubjectKind
    subject_id: UUID
    programme: Programme | None = Field(default=None, description="Only this programme; null: all of them 补贴项目")
    reason: LongText = Field(description="Why 暂停原因")


class LiftIn(Body):
    """Let payments go on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "核实无误,恢复发放"}]})

    reason: LongText = Field(description="Why 恢复原因")


class HoldOut(Answer):
    """A hold 暂停发放."""

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        json_schema_extra={
            "examples": [
                _HOLD
                | {"id": HOLD_ID, "region": "321202001000", "placed_by": "clerk-321202"}
                | {"placed_at": "2026-11-02T01:30:00Z", "lifted_by": None, "lifted_at": None, "lift_reason": None}
            ]
        },
    )

    id: UUID
    subject_kind: SubjectKind
    subject_id: UUID
    region: Region
    programme: Programme | None = None
    reason: str
    placed_by: str
    placed_at: Moment
    lifted_by: str | None = None
    lifted_at: Moment | None = None
    lift_reason: str | None = None
