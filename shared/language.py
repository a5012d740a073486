"""Chinese or English, as the client asks."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Request

Language = Literal["zh", "en"]


def language_of(request: Request) -> Language:
    """The better liked of Chinese and English in ``Accept-Language``; Chinese when nothing is said."""
    weights = {"zh": 0.0, "en": 0.0}
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, weight = part.lower().partition(";")
        name = tag.strip().partition("-")[0]
        if name in weights:
            weights[name] = max(weights[name], _number(weight.strip().removeprefix("q=")))
    return "en" if weights["en"] > weights["zh"] else "zh"


def _number(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0


async def _language(request: Request) -> Language:  # not `def`: FastAPI would run that in a thread
    return language_of(request)


Lang = Annotated[Language, Depends(_language)]
"""For a route's parameter: the language of the answer."""
