"""Use cases of ability assessments: file one, list them."""

from uuid import UUID

from services.registry.abilities import repository
from services.registry.abilities.domain import AssessmentError, Findings, Result, assess
from services.registry.abilities.models import AssessmentRow
from services.registry.assessments.scale import load_scale
from services.registry.assessments.schemas import AssessmentIn, AssessmentOut
from services.registry.desk import Desk
from services.registry.errors import AssessmentNotFound, AssessorNotIndependent, WrongAssessment
from services.registry.lives import service as lives
from services.registry.lives.domain import ASSESSMENT, Span
from services.registry.organizations import repository as organizations
from services.registry.seniors.models import Senior
from services.registry.seniors.service import find, publish
from shared.errors import FieldError
from shared.ids import new_id

ASSESSOR = "assessor"


async def file(desk: Desk, senior_id: UUID, body: AssessmentIn) -> AssessmentOut:
    """Score a form and put it on file; the senior's other services learn of the level.

    Raises:
        WrongAssessment: the form does not fit the scale.
        WrongDates: nobody could be assessed on that day.
        AssessorNotIndependent: the body is no assessor, or the same legal person provides care.
    """
    result = _score(body)
    senior = await find(desk, senior_id, for_update=True)
    life = await lives.of(desk, senior_id)
    lives.check(desk, life, life.saying(Span(ASSESSMENT, body.assessed_on, place="/assessed_on")), "/assessed_on")
    await _check_assessor(desk, body.organization_id)
    await _supersede(desk, senior_id, body)
    row = _row(desk, senior, body, result)
    desk.session.add(row)
    await desk.session.flush()
    await publish(desk, senior, changed=True)
    return shown(row)


async def history(desk: Desk, senior_id: UUID) -> list[AssessmentOut]:
    """Every assessment of a senior, corrected ones included, oldest first."""
    await find(desk, senior_id)
    return [shown(row) for row in await repository.of_senior(desk.session, senior_id)]


def shown(row: AssessmentRow) -> AssessmentOut:
    """An assessment as an answer."""
    names = {band.level: band.zh for band in load_scale(row.scale).bands}
    values = {name: getattr(row, name) for name in AssessmentOut.model_fields if name != "final_level_name"}
    return AssessmentOut(**values, final_level_name=names[row.final_level])


def _score(body: AssessmentIn) -> Result:
    found = body.findings
    try:
        return assess(load_scale(), body.scores, Findings(found.coma, found.mental_disorder, found.risk_events))
    except AssessmentError as error:
        field = FieldError.of(f"/scores/{error.item}", error.code, error.en, error.zh)
        raise WrongAssessment(error.en, error.zh, [field]) from error


async def _check_assessor(desk: Desk, organization_id: UUID) -> None:
    """The body that assesses may not be one that is paid for care (GB/T 42195-2022, 5.2)."""
    own = desk.caller.organization
    kinds = await organizations.kinds_of_legal_person(desk.session, organization_id)
    if ASSESSOR not in kinds or (own is not None and own != organization_id):
        raise AssessorNotIndependent("This is no assessing body you may act for.", "该机构不是您可代表的评估机构。")
    if kinds - {ASSESSOR}:
        raise AssessorNotIndependent("The same legal person also provides care.", "该评估机构同时是养老服务提供方。")


async def _supersede(desk: Desk, senior_id: UUID, body: AssessmentIn) -> None:
    """A correction replaces what it names; of two results of one day the later one counts."""
    live = [row for row in await repository.of_senior(desk.session, senior_id) if row.superseded_at is None]
    if body.replaces is not None and body.replaces not in {row.assessment_id for row in live}:
        raise AssessmentNotFound
    replaced = [r.assessment_id for r in live if r.assessment_id == body.replaces or r.assessed_on == body.assessed_on]
    await repository.supersede(desk.session, replaced, desk.at)


def _row(desk: Desk, senior: Senior, body: AssessmentIn, result: Result) -> AssessmentRow:
    return AssessmentRow(
        assessment_id=new_id(),
        senior_id=senior.senior_id,
        region=senior.region,
        scale=load_scale().name,
        organization_id=body.organization_id,
        assessors=body.assessors,
        occasion=body.occasion,
        assessed_on=body.assessed_on,
        scores=body.scores,
        findings=body.findings.model_dump(mode="json"),
        total=result.total,
        initial_level=result.initial_level,
        final_level=result.final_level,
        reasons=[reason.value for reason in result.reasons],
        recorded_at=desk.at,
        recorded_by=desk.caller.subject,
        superseded_at=None,
    )
