"""Whose region it is: the one check of every region that a request names."""

from __future__ import annotations

from typing import ClassVar, Self

from shared.auth import Caller
from shared.errors import FieldError, Forbidden, Invalid
from shared.regions import RegionTable, covers


class ForeignRegion(Forbidden):
    """Root of the services' own problems for a region that the caller's token does not cover."""

    slug: ClassVar[str] = "outside-region"
    title_en, title_zh = "This region is outside your jurisdiction", "该区划不在您的管辖范围内"


class MissingRegion(Invalid):
    """Root of the services' own problems for a region code that does not exist."""

    slug: ClassVar[str] = "unknown-region"
    title_en, title_zh = "The region code does not exist", "行政区划代码不存在"

    @classmethod
    def at(cls, pointer: str, region: str) -> Self:
        """The error with the place where the code stands."""
        en, zh = f"{region} is not in the table of regions.", f"区划表中没有{region}。"
        return cls(en, zh, [FieldError.of(pointer, "region", en, zh)])


def is_covered(caller: Caller, region: str) -> bool:
    """Whether the caller's token covers a region; the database holds the same line for rows."""
    return any(covers(prefix, region) for prefix in caller.regions)


def check_region(
    caller: Caller,
    region: str,
    *,
    outside: type[ForeignRegion],
    unknown: type[MissingRegion],
    pointer: str = "/region",
) -> None:
    """Raises ``unknown`` (422) when the region does not exist, ``outside`` (403) when the caller does not cover it."""
    if not RegionTable.load().exists(region):
        raise unknown.at(pointer, region)
    if not is_covered(caller, region):
        raise outside(f"{region} is not one of your regions.", f"{region}不在您的管辖范围内。")
