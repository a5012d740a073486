"""Packs as a whole: those in use, those that once decided, how two of them differ, and how their files stand."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy import packs as packs_of
from services.subsidy.catalogue.documents import documents
from services.subsidy.catalogue.errors import PackNotFound
from services.subsidy.catalogue.reading import Law
from services.subsidy.catalogue.schemas import (
    ChangeOut,
    DiffOut,
    PackDetail,
    PackOut,
    ProgrammeBrief,
    RefusalOut,
    StatusOut,
    Word,
)
from services.subsidy.engine import Pack, Packs
from services.subsidy.engine.compare import Change, compare, whom
from services.subsidy.engine.model import Text
from services.subsidy.library import Edition
from shared.clock import today
from shared.language import Language


async def named(session: AsyncSession, packs: Packs, pack_hash: str) -> Pack:
    """A pack in use, or one that decided lines. PackNotFound for a hash that did neither."""
    try:
        return packs.by_hash(pack_hash)
    except KeyError:
        pass
    try:
        return await packs_of.recall(session, pack_hash)
    except LookupError:
        raise _unknown(pack_hash) from None


async def snapshot(session: AsyncSession, packs: Packs, pack_hash: str) -> str:
    """All that a pack says, as it was hashed. PackNotFound as above."""
    try:
        return packs.by_hash(pack_hash).snapshot()
    except KeyError:
        pass
    try:
        return await packs_of.content(session, pack_hash)
    except LookupError:
        raise _unknown(pack_hash) from None


def _unknown(pack_hash: str) -> PackNotFound:
    return PackNotFound(f"No pack {pack_hash} was ever used here.", f"这里没有用过政策包 {pack_hash}。")


def brief(pack: Pack) -> PackOut:
    """A pack in the list."""
    programmes = [
        ProgrammeBrief(
            code=law.code,
            name_zh=law.name.zh,
            name_en=law.name.en,
            kind=law.kind,
            beneficiary=law.beneficiary,
            payee=law.payee,
            clause=law.clause,
            quotation=law.quotation,
        )
        for law in pack.programmes.values()
    ]
    return PackOut(
        region=pack.region,
        name_zh=pack.name.zh,
        name_en=pack.name.en,
        hash=pack.hash,
        status=pack.status,
        complete=all(document.completeness == "complete" for document in pack.content.documents.values()),
        sample=pack.sample,
        programmes=programmes,
    )


def detail(packs: Packs, pack: Pack, lang: Language) -> PackDetail:
    """A pack with its documents."""
    law, note = Law(packs, pack, today(), lang), pack.content.note
    more = {"in_use": pack.hash in {each.hash for each in packs}, "note": law.maybe(note), "documents": documents(law)}
    return PackDetail.model_validate(brief(pack).model_dump() | more)


async def difference(session: AsyncSession, packs: Packs, hashes: tuple[str, str], lang: Language) -> DiffOut:
    """What changed from one pack to another, and whom it touches. PackNotFound as above."""
    old, new = [await named(session, packs, each) for each in hashes]
    changes = [_change(each, lang) for each in await asyncio.to_thread(compare, old, new)]
    return DiffOut(old=hashes[0], new=hashes[1], same=not changes, changes=changes)


def _change(change: Change, lang: Language) -> ChangeOut:
    def say(text: Text | None) -> str | None:
        return str(getattr(text, lang)) if text else None

    touched = change.affected
    return ChangeOut(
        region=change.region,
        what=change.what,
        id=change.id,
        part=change.part,
        text=str(getattr(change.text, lang)),
        before=say(change.before),
        after=say(change.after),
        since=change.since,
        until=change.until,
        programmes=[Word(code=code, name=say(name) or "") for code, name in touched.programmes.items()],
        beneficiaries=[Word(code=code, name=say(name) or "") for code, name in touched.beneficiaries.items()],
        groups=[say(group) or "" for group in touched.groups],
        month=touched.month,
        concerns=say(whom(touched)),
    )


def status(edition: Edition, lang: Language) -> StatusOut:
    """Whether the files on disk are in use; if not, everything to mend in them."""
    refusals = [
        RefusalOut(file=each.place.file, line=each.place.line, key=each.place.key, sentence=each.sentence(lang))
        for each in edition.refusals
    ]
    return StatusOut(
        state="refused" if refusals else "in_use",
        loaded_at=edition.loaded_at,
        packs=len(list(edition.packs or ())),
        refused_at=edition.refused_at,
        refusals=refusals,
    )
