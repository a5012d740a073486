"""The catalogue of legal bases, for those who fill in forms."""

from __future__ import annotations

from typing import Annotated

from services.credit.lists.bases import Catalogue, catalogue
from shared import api
from shared.auth import Caller, require

router = api.router("/v1/bases", "lists 名单", api.ImpersonalRoute)


@router.get("", summary="Legal bases, grounds, effects and classes 法律依据目录")
async def read_bases(_caller: Annotated[Caller, require("credit.lists:read")]) -> Catalogue:
    """What a record or a list may rest on, with dates and sources; a period without a value is not decided yet."""
    return catalogue()
