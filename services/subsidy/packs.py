"""The policy packs 政策包 a process works with, and the content of every pack that ever decided a line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.engine import POLICIES, Pack, Packs
from services.subsidy.library import Library
from shared.kernel import Finding
from shared.settings import Settings


def packs(settings: Settings) -> Packs:
    """Every pack in use, with the district overrides that the settings name. Ask once per piece of work: the next
    answer may be a newer edition. PoliciesUnfit while nothing on disk is fit for use."""
    return library(settings).packs()


def finding(settings: Settings) -> Finding:
    """For readiness: whether there are packs to work with; what must be mended on disk before that is used."""
    edition = library(settings).edition
    return Finding(edition.packs is not None, [refusal.sentence() for refusal in edition.refusals])


def library(settings: Settings) -> Library:
    """Where a process's packs come from."""
    return _library(settings.policy_root, settings.policy_overrides)


@lru_cache
def _library(root: str, overrides: str) -> Library:
    return Library(Path(root) if root else POLICIES, [Path(folder) for folder in overrides.split(":") if folder])


async def remember(session: AsyncSession, pack: Pack) -> None:
    """Keep a pack's content by its hash, once."""
    await session.execute(
        text("INSERT INTO packs (hash, content) VALUES (:hash, :content) ON CONFLICT DO NOTHING"),
        {"hash": pack.hash, "content": pack.snapshot()},
    )
    _hold(pack.hash, pack)  # what is kept now is asked for next


async def content(session: AsyncSession, pack_hash: str) -> str:
    """What was kept of a pack, to the letter; LookupError for a hash that decided nothing here."""
    found: str | None = await session.scalar(text("SELECT content FROM packs WHERE hash = :hash"), {"hash": pack_hash})
    if found is None:
        raise LookupError(pack_hash)
    return found


async def are_unaltered(session: AsyncSession, hashes: Iterable[str]) -> bool:
    """Whether what was kept of packs is still what their hashes were taken over."""
    kept = {name: await content(session, name) for name in set(hashes)}
    return all(hashlib.sha256(text_.encode()).hexdigest() == name for name, text_ in kept.items())


async def recall(session: AsyncSession, pack_hash: str) -> Pack:
    """The pack as it was when it decided; LookupError for a hash that decided nothing here."""
    return _RECALLED.get(pack_hash) or _hold(pack_hash, Pack.restore(await content(session, pack_hash)))


def _hold(pack_hash: str, pack: Pack) -> Pack:
    while len(_RECALLED) >= REMEMBERED and pack_hash not in _RECALLED:
        _RECALLED.pop(next(iter(_RECALLED)))
    return _RECALLED.setdefault(pack_hash, pack)


REMEMBERED = 64
"""Packs of the past that are held at once."""
_RECALLED: dict[str, Pack] = {}
