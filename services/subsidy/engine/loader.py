"""From folders of YAML to packs, or to a list of everything that must be mended first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from services.subsidy.engine.checks import check_dates, check_limit, check_parameter, check_source, check_value
from services.subsidy.engine.files import LabelsFile, OverrideFile, PackFile, ProgrammeFile
from services.subsidy.engine.model import Document, Labels, Parameter, Programme
from services.subsidy.engine.refusals import PackRefused, Refusal
from services.subsidy.engine.wiring import check_programme, check_words
from services.subsidy.engine.yamlfile import YamlFile
from shared.regions import RegionTable, covers, prefix_of

SOURCES = Path(__file__).resolve().parents[3] / "docs" / "sources"
"""The project's own copies of the documents, word for word."""
NATIONAL = "national"
"""The folder every pack may inherit from: the words for codes, no figures."""
NO_LABELS = Labels(units={}, codes={}, columns={}, reasons={}, steps={})


@dataclass
class City:
    """One pack folder as read, on top of the pack it inherits from."""

    file: YamlFile
    head: PackFile
    parts: list[tuple[YamlFile, ProgrammeFile]]
    own_texts: dict[str, tuple[str, str]]
    parent: City | None = None

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter by id; its own before an inherited one."""
        inherited = self.parent.parameters if self.parent else {}
        return inherited | {parameter.id: parameter for _, part in self.parts for parameter in part.parameters}

    @property
    def programmes(self) -> dict[str, Programme]:
        """Every programme by code."""
        inherited = self.parent.programmes if self.parent else {}
        return inherited | {part.programme.code: part.programme for _, part in self.parts}

    @property
    def documents(self) -> dict[str, Document]:
        """Every document by id."""
        inherited = self.parent.documents if self.parent else {}
        return inherited | {document.id: document for document in self.head.documents}

    @property
    def texts(self) -> dict[str, tuple[str, str]]:
        """Every document's file name and words by id."""
        return (self.parent.texts if self.parent else {}) | self.own_texts


@dataclass
class Loader:
    """Reads and checks; ``refusals`` is empty when everything is fit for use."""

    root: Path
    refusals: list[Refusal] = field(default_factory=list)

    def labels(self) -> Labels:
        """The national pack: the words for every code."""
        file = self._read(self.root / NATIONAL / "labels.yaml")
        return (file.parse(LabelsFile, self.refusals) if file else None) or NO_LABELS

    def cities(self, labels: Labels) -> dict[str, City]:
        """Every folder with a ``pack.yaml``, by its name."""
        found = {path.parent.name: self._city(path.parent) for path in sorted(self.root.glob("*/pack.yaml"))}
        cities = {name: city for name, city in found.items() if city}
        self.stop_if_refused()
        fit = [city for name, city in cities.items() if self._parents_are_fit(name, cities)]
        for city in fit:
            city.parent = cities.get(city.head.inherits or "")
        for city in fit:
            seen: set[str] = set()
            for file, part in city.parts:
                self._check_part(file, part, city, labels, seen)
        self.stop_if_refused()
        return cities

    def stop_if_refused(self) -> None:
        """Later checks would only repeat what is already wrong. PackRefused with everything found so far."""
        if self.refusals:
            raise PackRefused(self.refusals)

    def _city(self, folder: Path) -> City | None:
        file = self._read(folder / "pack.yaml")
        head = file.parse(PackFile, self.refusals) if file else None
        if file is None or head is None:
            return None
        return City(file, head, list(self._programmes(folder)), self._texts(file, head.documents))

    def override(
        self, folder: Path, cities: Sequence[City], labels: Labels
    ) -> tuple[City, YamlFile, OverrideFile] | None:
        """A district's decisions, held against its city's law."""
        file = self._read(folder / "override.yaml")
        head = file.parse(OverrideFile, self.refusals) if file else None
        if file is None or head is None:
            return None
        refuse = partial(file.refuse, self.refusals)
        region, table = f"{head.region}000000", RegionTable.load()
        if not table.exists(region):
            refuse(["region"], "unknown_region", region=head.region)
        city = next((city for city in cities if city.head.region == head.of), None)
        if city is None:
            refuse(["of"], "unknown_parent", parent=head.of)
            return None
        if head.region == head.of or not covers(prefix_of(f"{head.of}000000"), region):
            refuse(["region"], "outside", region=head.region, city=head.of)
        self._check_override(file, head, city, labels)
        return city, file, head

    def _programmes(self, folder: Path) -> list[tuple[YamlFile, ProgrammeFile]]:
        read = [self._read(path) for path in sorted((folder / "parameters").glob("*.yaml"))]
        parsed = [(file, file.parse(ProgrammeFile, self.refusals)) for file in read if file]
        return [(file, part) for file, part in parsed if part]

    def _texts(self, file: YamlFile, documents: Sequence[Document]) -> dict[str, tuple[str, str]]:
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

    def _check_part(self, file: YamlFile, part: ProgrammeFile, city: City, labels: Labels, seen: set[str]) -> None:
        refuse = partial(file.refuse, self.refusals)
        check_source(refuse, ["programme"], part.programme, city.texts)
        check_programme(refuse, part.programme, city.parameters)
        check_words(refuse, part.programme, labels)
        names: list[tuple[list[int | str], str]] = [(["programme", "code"], part.programme.code)]
        names += [(["parameters", index, "id"], parameter.id) for index, parameter in enumerate(part.parameters)]
        for loc, name in names:
            if name in seen:
                refuse(loc, "twice", name=name)
            seen.add(name)
        for index, condition in enumerate(part.programme.conditions):
            check_source(refuse, ["programme", "conditions", index], condition, city.texts)
        for index, parameter in enumerate(part.parameters):
            check_source(refuse, ["parameters", index], parameter, city.texts)
            check_parameter(refuse, ["parameters", index], parameter, labels)

    def _check_override(self, file: YamlFile, head: OverrideFile, city: City, labels: Labels) -> None:
        refuse = partial(file.refuse, self.refusals)
        texts = city.texts | self._texts(file, head.documents)
        for index, entry in enumerate(head.effective):
            if entry.document not in texts:
                refuse(["effective", index, "document"], "unknown_document", document=entry.document)
        for index, value in enumerate(head.values):
            loc: list[int | str] = ["values", index]
            check_source(refuse, loc, value, texts)
            declared = city.parameters.get(value.parameter)
            if declared is None:
                refuse([*loc, "parameter"], "unknown_parameter", parameter=value.parameter)
                continue
            check_value(refuse, loc, declared, value, labels)
            check_limit(refuse, loc, declared, value)
        for name in {value.parameter for value in head.values}:
            self._check_history(file, head, name)

    def _check_history(self, file: YamlFile, head: OverrideFile, name: str) -> None:
        """Several values of one parameter follow each other; each keeps the line it was written on."""
        places = [index for index, value in enumerate(head.values) if value.parameter == name]

        def refuse(loc: Sequence[int | str], code: str, /, **arguments: object) -> None:
            file.refuse(self.refusals, ["values", places[int(loc[0])], *loc[1:]], code, **arguments)

        check_dates(refuse, [], [head.values[index] for index in places])

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

    def _read(self, path: Path) -> YamlFile | None:
        name = path.relative_to(self.root) if path.is_relative_to(self.root) else path
        return YamlFile.read(path, name.as_posix(), self.refusals)
