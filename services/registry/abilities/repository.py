"""Every SQL statement about assessments."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.abilities.models import AssessmentRow


async def of_senior(session: AsyncSession, senior_id: UUID) -> Sequence[AssessmentRow]:
    """Every assessment of a senior, superseded ones included, oldest first."""
    query = select(AssessmentRow).where(AssessmentRow.senior_id == senior_id)
    found = await session.scalars(query.order_by(AssessmentRow.assessed_on, AssessmentRow.assessment_id))
    return found.all()


async def supersede(session: AsyncSession, assessment_ids: Sequence[UUID], at: datetime) -> None:
    """Say that assessments are no longer what we know."""
    if assessment_ids:
        chosen = AssessmentRow.assessment_id.in_(assessment_ids)
        await session.execute(update(AssessmentRow).where(chosen).values(superseded_at=at))
