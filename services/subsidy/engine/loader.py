"""From folders of YAML to cities, or to a list of everything that must be mended first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from services.subsidy.engine.city import City, joined
from services.subsidy.engine.files import LabelsFile, PackFile, ProgrammeFile, StackingFile, TargetsFile, TermsFile
from services.subsidy.engine.model import Document, Labels
from services.subsidy.engine.refusals import PackRefused, Refusal
from services.subsidy.engine.review import review, review_labels
from services.subsidy.engine.yamlfile import YamlFile

SOURCES = Path(__file__).resolve().parents[3] / "docs" / "sources"
"""The project's own copies of the documents, word for word."""
NATIONAL = "national"
"""The folder every pack may inherit from: the words for codes, no figures."""
M = TypeVar("M", bound=BaseModel)


@dataclass
class Loader:
    """Reads and checks; ``refusals`` is empty when everything is fit for use."""

    root: Path
    refusals: list[Refusal] = field(default_factory=list)

    def labels(self) -> Labels:
        """The national pack: the words for every code that cities share."""
        folder, labels = self.root / NATIONAL, Labels()
        for path in [folder / "labels.yaml", *sorted(folder.glob("labels/*.yaml"))]:
            if read := self.read(path, LabelsFile):
                review_labels(*read, labels, self.refusals)
                labels = joined(labels, read[1])
        return labels

    def cities(self, labels: Labels) -> dict[str, City]:
        """Every folder with a ``pack.yaml``, by its name."""
        found = {path.parent.name: self._city(path.parent, labels) for path in sorted(self.root.glob("*/pack.yaml"))}
        cities = {name: city for name, city in found.items() if city}
        self.stop_if_refused()
        fit = [city for name, city in cities.items() if self._parents_are_fit(name, cities)]
        for city in fit:
            city.parent = cities.get(city.head.inherits or "")
        for city in fit:
            review(city, self.refusals)
        self.stop_if_refused()
        return cities

    def stop_if_refused(self) -> None:
        """Later checks would only repeat what is already wrong. PackRefused with everything found so far."""
        if self.refusals:
            raise PackRefused(self.refusals)

    def read(self, path: Path, model: type[M]) -> tuple[YamlFile, M] | None:
        """A file as a model, or None and refusals."""
        name = path.relative_to(self.root) if path.is_relative_to(self.root) else path
        file = YamlFile.read(path, name.as_posix(), self.refusals)
        parsed = file.parse(model, self.refusals) if file else None
        return (file, parsed) if file and parsed else None

    def texts(self, file: YamlFile, documents: Sequence[Document]) -> dict[str, tuple[str, str]]:
        """The words of the documents a file declares: document id to (file name, text)."""
        texts: dict[str, tuple[str, str]] = {}
        for index, document in enumerate(documents):
            places = [file.path.parent / document.source, SOURCES / document.source]
            path = next((path for path in places if path.is_file()), None)
            if path is None:
                file.refuse(self.refusals, ["documents", index, "source"], "source_missing", source=document.source)
            if document.id in texts:
                file.refuse(self.refusals, ["documents", index, "id"], "twice", name=document.id)
            texts[document.id] = document.source, path.read_text(encoding="utf-8") if path else ""
        return texts

    def _city(self, folder: Path, labels: Labels) -> City | None:
        head = self.read(folder / "pack.yaml", PackFile)
        if head is None:
            return None
        return City(
            *head,
            texts=self.texts(head[0], head[1].documents),
            programme_files=self._read_all(folder / "parameters", ProgrammeFile),
            terms_files=self._read_all(folder / "terms", TermsFile),
            labels_file=self._read_if_there(folder / "labels.yaml", LabelsFile),
            targets_file=self._read_if_there(folder / "targets.yaml", TargetsFile),
            stacking_file=self._read_if_there(folder / "stacking.yaml", StackingFile),
            national=labels,
        )

    def _read_all(self, folder: Path, model: type[M]) -> list[tuple[YamlFile, M]]:
        read = [self.read(path, model) for path in sorted(folder.glob("*.yaml"))]
        return [item for item in read if item]

    def _read_if_there(self, path: Path, model: type[M]) -> tuple[YamlFile, M] | None:
        return self.read(path, model) if path.is_file() else None

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
