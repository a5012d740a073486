"""All packs that are in use, found by region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from services.subsidy.engine.city import City
from services.subsidy.engine.district import read_district
from services.subsidy.engine.files import OverrideFile
from services.subsidy.engine.loader import Loader
from services.subsidy.engine.pack import Content, Pack
from shared.regions import prefix_of

POLICIES = Path(__file__).resolve().parents[1] / "policies"
"""The packs that come with the project."""
Texts = Mapping[str, tuple[str, str]]
"""File name and words of each document by its id."""
_REGION_DIGITS = len("000000000000")


class UnknownRegion(LookupError):  # noqa: N818  # reads as what happened
    """No pack covers the region: nothing is due there, and nothing is guessed."""


class Packs:
    """The law of every place we know. Longest prefix wins: a district's decisions over its city's law."""

    def __init__(self, by_prefix: Mapping[str, Pack], texts: Mapping[str, Texts] | None = None) -> None:
        self._by_prefix, self._texts = by_prefix, texts or {}
        self._by_hash = {pack.hash: pack for pack in by_prefix.values()}

    @classmethod
    def load(cls, root: Path = POLICIES, overrides: Sequence[Path] = ()) -> Packs:
        """Read every pack below ``root`` and the district folders given. PackRefused names all that must be mended."""
        loader = Loader(root)
        cities = loader.cities(loader.labels())
        packs = {prefix_of(f"{city.head.region}000000"): Pack(_content(city)) for city in cities.values()}
        texts = {prefix_of(f"{city.head.region}000000"): city.all_texts for city in cities.values()}
        for folder in [*sorted(root.glob("*/districts/*/")), *overrides]:
            read = read_district(loader, folder, list(cities.values()))
            if read is None:
                continue
            city, file, head = read
            prefix = prefix_of(f"{head.region}000000")
            if prefix in packs:
                file.refuse(loader.refusals, ["region"], "twice", name=head.region)
            packs[prefix] = with_district(city, head)
            texts[prefix] = city.all_texts | loader.texts(file, head.documents)
        loader.stop_if_refused()
        return cls(packs, texts)

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


def with_district(city: City, head: OverrideFile) -> Pack:
    """A city's law with what a district decided for itself."""
    return Pack(_with_override(_content(city), head, prefix_of(f"{head.region}000000")))


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


def _with_override(content: Content, head: OverrideFile, prefix: str) -> Content:
    names = dict.fromkeys(value.parameter for value in head.values)
    return content.model_copy(
        update={
            "region": head.region,
            "prefix": prefix,
            "name": head.name,
            "sample": head.sample,
            "note": head.note,
            "documents": content.documents | {document.id: document for document in head.documents},
            "effective": {entry.document: entry for entry in head.effective},
            "local": {name: tuple(value for value in head.values if value.parameter == name) for name in names},
        }
    )
