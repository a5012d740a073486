"""Route of ids that stand for several subjects 编号冲突."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.registry.desk import Desk, desk_with
from services.registry.schemas import Answer
from services.registry.subjects import repository
from shared.api import router

subjects = router("/v1/subjects", "subjects 主体编号")
Reader = Annotated[Desk, desk_with("registry.organizations:read")]


class CollisionOut(Answer):
    """One id that several subjects have 编号冲突."""

    subject_id: UUID
    kinds: list[str] = Field(description="What has it 主体类别", examples=[["organization", "senior"]])


@subjects.get("/collisions", summary="Ids of several kinds 编号冲突清单")
async def list_collisions(desk: Reader) -> list[CollisionOut]:
    """Left from before ids were held apart. Nobody is paid by such an id; register the organisation anew."""
    found = await repository.collisions(desk.session)
    return [CollisionOut(subject_id=key, kinds=kinds) for key, kinds in found.items()]
