"""From folders of YAML to cities, or to a list of everything that must be mended first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from services.subsidy.engine.city import City, joined
from services.subsidy.engine.files import LabelsFile, PackFile, ProgrammeFile, StackingFile, TargetsFile, TermsFile
from services.subsidy.engine.model import Document, Labels
from services.subsidy.engine.refusals import PackRefused, Place, Refusal
from services.subsidy.engine.review import review, review_labels, review_reading
from services.subsidy.engine.shelf import Shelf
from services.subsidy.engine.yamlfile import YamlFile

SOURCES = Path(__file__).resolve().parents[3] / "docs" / "sources"
"""The project's own copies of the documents, word for word."""
NATIONAL = "national"
"""The folder every pack may inherit from: the words for codes, no figures."""
Find = Callable[[str], str | None]
"""The words of a document by the name of its file; None where there is none of that name."""
M = TypeVar("M", bound=BaseModel)


def texts_of(
    file: YamlFile, documents: Sequence[Document], find: Find, refusals: list[Refusal]
) -> dict[str, tuple[str, str]]:
    """The words of the documents a file declares: document id to (file name, text)."""
    texts: dict[str, tuple[str, str]] = {}
    for index, document in enumerate(documents):
        text = find(document.source)
        if text is None:
            file.refuse(refusals, ["documents", index, "source"], "source_missing", source=document.source)
        if document.id in texts:
            file.refuse(refusals, ["documents", index, "id"], "twice", name=document.id)
        texts[document.id] = document.source, text or ""
    return texts


@dataclass
class Loader:
    """Reads and checks; ``refusals`` is empty when everything is fit for use."""

    shelf: Shelf
    shipped: Shelf = field(default_factory=lambda: Shelf(SOURCES))
    refusals: list[Refusal] = field(default_factory=list)

    def labels(self) -> Labels:
        """The national pack: the words for every code that cities share."""
        labels = Labels()
        for name in [f"{NATIONAL}/labels.yaml", *self.shelf.names(f"{NATIONAL}/labels/*.yaml")]:
            if read := self.read(name, LabelsFile):
                review_labels(*read, labels, self.refusals)
                labels = joined(labels, read[1])
        return labels

    def cities(self, labels: Labels) -> dict[str, City]:
        """Every folder with a ``pack.yaml``, by its name."""
        self.refuse_links(self.shelf)
        folders = [name.partition("/")[0] for name in self.shelf.names("*/pack.yaml")]
        found = {folder: self._city(folder, labels) for folder in folders}
        cities = {name: city for name, city in found.items() if city}
        self.stop_if_refused()
        fit = [city for name, city in cities.items() if self._parents_are_fit(name, cities)]
        for city in fit:
            city.parent = cities.get(city.head.inherits or "")
        for city in fit:
            review(city, self.refusals)
        self.stop_if_refused()
        for city in fit:
            review_reading(city, self.refusals)
        self.stop_if_refused()
        return cities

    def stop_if_refused(self) -> None:
        """Later checks would only repeat what is already wrong. PackRefused with everything found so far."""
        if self.refusals:
            raise PackRefused(self.refusals)

    def refuse_links(self, shelf: Shelf) -> None:
        """What a link leads to outside of a folder is not read, and nobody shall think that it is."""
        self.refusals += [Refusal(Place(self._shown(shelf, name), 1, "-"), "leads_out") for name in shelf.outside]

    def read(self, name: str, model: type[M], shelf: Shelf | None = None) -> tuple[YamlFile, M] | None:
        """A file of the packs, or of another shelf, as a model, or None and refusals."""
        shelf = shelf or self.shelf
        file = YamlFile.read(shelf.text(name), self._shown(shelf, name), self.refusals)
        parsed = file.parse(model, self.refusals) if file else None
        return (file, parsed) if file and parsed else None

    def find(self, shelf: Shelf, folder: str = "") -> Find:
        """How documents are found: beside the file that declares them, then among the project's own copies."""

        def find(source: str) -> str | None:
            beside = shelf.text(f"{folder}/{source}" if folder else source)
            return self.shipped.text(source) if beside is None else beside

        return find

    def _shown(self, shelf: Shelf, name: str) -> str:
        path = shelf.root / name
        return (path.relative_to(self.shelf.root) if path.is_relative_to(self.shelf.root) else path).as_posix()

    def _city(self, folder: str, labels: Labels) -> City | None:
        head = self.read(f"{folder}/pack.yaml", PackFile)
        if head is None:
            return None
        return City(
            *head,
            texts=texts_of(head[0], head[1].documents, self.find(self.shelf, folder), self.refusals),
            programme_files=self._read_all(f"{folder}/parameters/*.yaml", ProgrammeFile),
            terms_files=self._read_all(f"{folder}/terms/*.yaml", TermsFile),
            labels_file=self._read_if_there(f"{folder}/labels.yaml", LabelsFile),
            targets_file=self._read_if_there(f"{folder}/targets.yaml", TargetsFile),
            stacking_file=self._read_if_there(f"{folder}/stacking.yaml", StackingFile),
            national=labels,
        )

    def _read_all(self, pattern: str, model: type[M]) -> list[tuple[YamlFile, M]]:
        read = [self.read(name, model) for name in self.shelf.names(pattern)]
        return [item for item in read if item]

    def _read_if_there(self, name: str, model: type[M]) -> tuple[YamlFile, M] | None:
        return self.read(name, model) if name in self.shelf else None

    def _parents_are_fit(self, name: str, cities: Mapping[str, City]) -> bool:
        """Every link leads to a pack, and none leads back."""
        city, chain = cities[name], [name]
        while (parent := cities[chain[-1]].head.inherits) not in {None, NATIONAL}:
            if parent not in cities:
                city.file.refuse(self.refusals, ["inherits"], "unknown_parent", parent=parent)
                return False
            if parent in chain:
                city.file.refuse(self.refusals, ["inherits"], "cycle", chain=" > ".join([*chain, parent]))
                return False
            chain.append(parent)
        return True
