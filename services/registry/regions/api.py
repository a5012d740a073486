"""Route of regions 行政区划."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from services.registry.desk import Desk, desk_with
from services.registry.schemas import Answer
from shared.api import ImpersonalRoute, router
from shared.jurisdiction import is_covered
from shared.regions import Region, RegionTable

regions = router("/v1/regions", "regions 行政区划", ImpersonalRoute)
Reader = Annotated[Desk, desk_with("registry.seniors:read")]


class RegionOut(Answer):
    """A region 行政区划."""

    code: str = Field(examples=["321202000000"])
    name: str = Field(examples=["示范区"])
    full_name: str = Field(examples=["示范省示范市示范区"])
    level: str = Field(description="province, prefecture, county or township 级别")
    parent: str | None = Field(description="上级区划代码")


@regions.get("", summary="List regions 区划列表")
async def list_regions(
    desk: Reader,
    parent: Annotated[Region | None, Query(description="Only what lies directly below 上级区划")] = None,
) -> list[RegionOut]:
    """The regions that the caller's token covers, for drop-downs."""
    table = RegionTable.load()
    return [
        RegionOut(code=row.code, name=row.name, full_name=table.full_name(row.code), level=row.level, parent=row.parent)
        for row in table
        if is_covered(desk.caller, row.code) and (parent is None or row.parent == parent)
    ]
