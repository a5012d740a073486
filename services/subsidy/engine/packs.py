"""All packs that are in use, found by region."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from services.subsidy.engine.city import City
from services.subsidy.engine.district import Base, read_district
from services.subsidy.engine.files import OverrideFile
from services.subsidy.engine.loader import Loader
from services.subsidy.engine.pack import Content, Pack
from services.subsidy.engine.shelf import Shelf
from shared.regions import prefix_of

POLICIES = Path(__file__).resolve().parents[1] / "policies"
"""The packs that come with the project."""
Texts = Mapping[str, tuple[str, str]]
"""File name and words of each document by its id."""
OVERRIDE = "override.yaml"
"""The file of a district."""
_REGION_DIGITS = len("000000000000")


class UnknownRegion(LookupError):  # noqa: N818  # reads as what happened
    """No pack covers the region: nothing is due there, and nothing is guessed."""


class Packs:
    """The law of every place we know. Longest prefix wins: a district's decisions over its city's law."""

    def __init__(
        self,
        by_prefix: Mapping[str, Pack],
        texts: Mapping[str, Texts] | None = None,
        cities: Sequence[Base] = (),
        shipped: Mapping[str, str] | None = None,
    ) -> None:
        self._by_prefix, self._texts = by_prefix, texts or {}
        self.cities = cities
        """What a district's draft can be laid upon."""
        self.shipped = shipped or {}
        """The words of the documents that come with the project, by file name."""
        self._by_hash = {pack.hash: pack for pack in by_prefix.values()}

    @classmethod
    def load(cls, root: Path = POLICIES, overrides: Sequence[Path] = ()) -> Packs:
        """Read every pack below ``root`` and the district folders given. PackRefused names all that must be mended."""
        loader = Loader(Shelf(root))
        cities = loader.cities(loader.labels())
        bases = [Base(_content(city), city.known) for city in cities.values()]
        packs = {base.content.prefix: Pack(base.content) for base in bases}
        texts = {base.content.prefix: base.known.texts for base in bases}
        for shelf, folder in [*_districts(loader.shelf), *_given(loader, overrides)]:
            read = loader.read(f"{folder}/{OVERRIDE}" if folder else OVERRIDE, OverrideFile, shelf)
            district = read and read_district(*read, bases, loader.find(shelf, folder), loader.refusals)
            if read and district:
                pack, own = district
                if pack.prefix in packs:
                    read[0].refuse(loader.refusals, ["region"], "twice", name=pack.region)
                packs[pack.prefix], texts[pack.prefix] = pack, own
        loader.stop_if_refused()
        shipped = {
            name: words for name in loader.shipped.names("*") if (words := loader.shipped.text(name)) is not None
        }
        return cls(packs, texts, bases, shipped)

    @cached_property
    def sealed(self) -> bytes:
        """All of it, for another process: ``opened`` gives it back."""
        return pickle.dumps(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "sealed"}

    def __iter__(self) -> Iterator[Pack]:
        return iter(self._by_prefix.values())

    def for_region(self, region: str) -> Pack:
        """The pack in force for a 6- or 12-digit region. UnknownRegion when no pack covers it."""
        code = region.ljust(_REGION_DIGITS, "0")
        for end in range(len(code), 0, -1):
            if code[:end] in self._by_prefix:
                return self._by_prefix[code[:end]]
        raise UnknownRegion(region)

    def by_hash(self, pack_hash: str) -> Pack:
        """The pack of that hash among those loaded. KeyError: restore it from the snapshot kept with the lines."""
        return self._by_hash[pack_hash]

    def text(self, pack: Pack, document: str) -> str | None:
        """A document's words, as the loader found them; None for a pack that was restored."""
        return self._texts.get(pack.prefix, {}).get(document, (None, None))[1]


@lru_cache(maxsize=2)
def opened(sealed: bytes) -> Packs:
    """The packs that this process's own parent sealed."""
    packs: Packs = pickle.loads(sealed)  # noqa: S301  # made by ``sealed``, never what came with a request
    return packs


def _content(city: City) -> Content:
    head = city.head
    return Content(
        region=head.region,
        prefix=prefix_of(f"{head.region}000000"),
        name=head.name,
        sample=False,
        note=None,
        documents=city.documents,
        labels=city.labels,
        programmes=city.programmes,
        parameters=city.parameters,
        targets=city.targets,
        stacking=city.stacking,
        effective={},
        local={},
    )


def _districts(shelf: Shelf) -> list[tuple[Shelf, str]]:
    """The folders of districts that lie within their city's."""
    folders = ["/".join(name.split("/")[:3]) for name in shelf.names("*/districts/*/*")]
    return [(shelf, folder) for folder in dict.fromkeys(folders)]


def _given(loader: Loader, folders: Sequence[Path]) -> Iterator[tuple[Shelf, str]]:
    """The folders of districts that the settings name."""
    for folder in folders:
        shelf = Shelf(folder)
        loader.refuse_links(shelf)
        yield shelf, ""
