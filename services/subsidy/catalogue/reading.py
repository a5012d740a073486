"""How every question about the law begins: which pack, on which day, in which language; and whether it has changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from pydantic import WithJsonSchema

from services.subsidy import packs as packs_of
from services.subsidy.catalogue.errors import PackNotFound, RuleNotFound
from services.subsidy.engine import Pack, Packs, UnknownRegion
from services.subsidy.engine.model import Text
from shared.api import Kernel
from shared.clock import today
from shared.dates import IsoDate
from shared.language import Lang, Language

REVALIDATE, KEEP = "public, no-cache", "public, max-age=3600"
"""A region's law may change any second, so caches ask again; what a hash names stays what it is."""
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "Not changed since the ETag you hold 未变化"}}
HASH = r"^[0-9a-f]{64}$"
RegionPath = Annotated[
    str,
    Path(
        pattern=r"^[1-9][0-9]{5}([0-9]{6})?$",
        description="Region code 行政区划代码",
        examples=["321202000000"],
    ),
    WithJsonSchema({"type": "string", "pattern": r"^[1-9][0-9]{11}$"}),
]
"""Twelve digits; the six of a county or city are taken as well."""
PackHash = Annotated[
    str, Path(pattern=HASH, description="SHA-256 of the pack's content 政策包摘要", examples=["9f" * 32])
]
On = Annotated[IsoDate | None, Query(description="As on this day; null: today 截至日期", examples=["2026-10-01"])]


def tagged(request: Request, response: Response, lang: Language, cache: str, *parts: object) -> None:
    """Give the answer its entity tag, made of what it rests on."""
    version = str(request.app.version)
    digest = hashlib.sha256("\n".join([version, lang, *map(str, parts)]).encode()).hexdigest()[:32]
    headers = {"etag": f'"{digest}"', "cache-control": cache, "vary": "Accept-Language", "content-language": lang}
    response.headers.update(headers)


@dataclass(frozen=True)
class Law:
    """The pack of a region on a day, and the language it is read in."""

    packs: Packs
    pack: Pack
    on: date
    lang: Language

    def say(self, text: Text) -> str:
        """A text in the language asked for."""
        return str(getattr(text, self.lang))

    def maybe(self, text: Text | None) -> str | None:
        """The same for a text that may be missing."""
        return self.say(text) if text else None

    def word(self, code: str) -> str:
        """What a code is called; the code itself where nobody gave it a name."""
        known = self.pack.content.labels.codes.get(code)
        return self.say(known) if known else code

    @property
    def known_elsewhere(self) -> dict[str, Text]:
        """The benefits that other packs in use know and this one does not, by code."""
        everywhere = {code: law.name for pack in self.packs for code, law in pack.programmes.items()}
        return {code: everywhere[code] for code in sorted(everywhere.keys() - self.pack.programmes.keys())}


async def _law(
    *, request: Request, response: Response, kernel: Kernel, lang: Lang, region: RegionPath, on: On = None
) -> Law:
    packs, day = packs_of.packs(kernel.settings), on or today()
    try:
        law = Law(packs, packs.for_region(region), day, lang)
    except UnknownRegion:
        raise PackNotFound(f"No policy covers {region}.", f"{region}没有适用的政策。") from None
    tagged(request, response, lang, REVALIDATE, law.pack.hash, day, *law.known_elsewhere)
    return law


LawOf = Annotated[Law, Depends(_law)]
"""For a route's parameter: the law of the path's region."""


def no_rule(name: str) -> RuleNotFound:
    """Nobody knows a rule of that name."""
    return RuleNotFound(f"The policies know no {name}.", f"政策中没有 {name}。")
