"""Two versions of the packs side by side, for the clerk: what changed, from when, who is affected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from services.subsidy.engine import POLICIES, Pack, Packs
from services.subsidy.engine.compare import Change, compare_all, whom
from services.subsidy.engine.refusals import Language

HASH = re.compile(r"^[0-9a-f]{64}$")
SAME = {"zh": "没有不同。", "en": "No difference."}
COUNT = {"zh": "共{count}处不同。", "en": "{count} differences."}


class NoVersion(Exception):  # noqa: N818  # reads as what happened
    """What was named is no folder of packs, no district's folder, no snapshot and no hash in use."""


def version(name: str, overrides: Sequence[Path] = ()) -> list[Pack]:
    """The packs that a folder of packs, a district's folder, a snapshot or a hash names. NoVersion, PackRefused."""
    path = Path(name)
    if path.is_dir() and (path / "override.yaml").is_file():
        return [_last(Packs.load(POLICIES, [*overrides, path.resolve()]))]
    if path.is_dir():
        samples = sorted(path.resolve().glob("samples/*/"))
        return list(Packs.load(path.resolve(), list(dict.fromkeys([*samples, *overrides]))))
    if path.is_file():
        try:
            return [Pack.restore(path.read_text(encoding="utf-8"))]
        except ValidationError as error:
            raise NoVersion(f"{name} is no snapshot of a pack 不是政策包快照") from error
    known = _in_use(overrides) if HASH.fullmatch(name) else {}
    if name not in known:
        raise NoVersion(f"{name}: no such folder, snapshot or pack in use 没有这个文件夹、快照或在用的政策包")
    return [known[name]]


def _in_use(overrides: Sequence[Path]) -> dict[str, Pack]:
    samples = sorted(POLICIES.glob("samples/*/"))
    return {pack.hash: pack for pack in Packs.load(POLICIES, list(dict.fromkeys([*samples, *overrides])))}


def _last(packs: Packs) -> Pack:
    """The pack read last: the district's own folder."""
    return list(packs)[-1]


def differences(old: Sequence[Pack], new: Sequence[Pack]) -> list[Change]:
    """What is different; where one side is a single pack, in its region only."""
    regions = [{pack.region for pack in side} for side in (old, new) if len(side) == 1]
    wanted = regions[0] if regions else {pack.region for pack in (*old, *new)}
    before, after = ([pack for pack in side if pack.region in wanted] for side in (old, new))
    return compare_all(before, after)


def told(old: Sequence[Pack], new: Sequence[Pack], changes: Sequence[Change], language: Language) -> Iterator[str]:
    """The lines that are printed, region by region."""
    names = {pack.region: getattr(pack.name, language) for pack in (*old, *new)}
    region = ""
    for change in changes:
        if change.region != region:
            region = change.region
            yield f"{names[region]} {region}"
        yield f"  {getattr(change.text, language)}"
        concerned = whom(change.affected)
        if concerned:
            yield f"    {getattr(concerned, language)}"
    yield COUNT[language].format(count=len(changes)) if changes else SAME[language]
