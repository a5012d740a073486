"""Routes of ability assessments 能力评估."""

from typing import Annotated
from uuid import UUID

from fastapi import status

from services.registry import errors
from services.registry.assessments import service
from services.registry.assessments.scale import load_scale
from services.registry.assessments.schemas import AssessmentIn, AssessmentOut, BandOut, ItemOut, ScaleOut
from services.registry.desk import Desk, desk_with
from shared.api import router
from shared.errors import problems

assessments = router("/v1", "assessments 能力评估")
Reader = Annotated[Desk, desk_with("registry.assessments:read")]
Writer = Annotated[Desk, desk_with("registry.assessments:write")]


@assessments.post(
    "/seniors/{senior_id}/assessments",
    status_code=status.HTTP_201_CREATED,
    summary="File an assessment 登记能力评估",
    responses=problems(
        errors.SeniorNotFound,
        errors.AssessmentNotFound,
        errors.WrongAssessment,
        errors.WrongDates,
        errors.AssessorNotIndependent,
    ),
)
async def file_assessment(senior_id: UUID, body: AssessmentIn, desk: Writer) -> AssessmentOut:
    """Scores 26 items by GB/T 42195-2022 and answers the level by score, the final level and the reasons."""
    return await service.file(desk, senior_id, body)


@assessments.get(
    "/seniors/{senior_id}/assessments",
    summary="List a senior's assessments 评估历史",
    responses=problems(errors.SeniorNotFound),
)
async def list_assessments(senior_id: UUID, desk: Reader) -> list[AssessmentOut]:
    """All of them, corrected ones included, oldest first."""
    return await service.history(desk, senior_id)


@assessments.get("/assessment-scale", summary="Read the scale 评估量表")
async def read_assessment_scale(desk: Reader) -> ScaleOut:  # noqa: ARG001  # the scope is asked for, nothing else
    """The items with their maxima and the levels with their totals, for forms."""
    used = load_scale()
    items = [ItemOut(**vars(item)) for item in used.items]
    return ScaleOut(name=used.name, items=items, bands=[BandOut(**vars(band)) for band in used.bands])
