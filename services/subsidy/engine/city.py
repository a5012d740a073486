"""One pack folder as read, on top of the pack it inherits from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from services.subsidy.engine.checks import Known
from services.subsidy.engine.files import LabelsFile, PackFile, ProgrammeFile, StackingFile, TargetsFile, TermsFile
from services.subsidy.engine.model import Document, Labels, Parameter
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.relations import Pairs, StackingRule
from services.subsidy.engine.targets import Target
from services.subsidy.engine.wiring import known_to
from services.subsidy.engine.yamlfile import Loc, YamlFile


def joined(first: Labels, second: Labels) -> Labels:
    """The words of both."""
    return Labels(**{part: getattr(first, part) | getattr(second, part) for part in Labels.model_fields})


@dataclass
class City:
    """What its own files say, and by property what holds there: its own before what it inherits."""

    file: YamlFile
    head: PackFile
    texts: dict[str, tuple[str, str]]
    """Its own documents by id: file name and words."""
    programme_files: list[tuple[YamlFile, ProgrammeFile]]
    terms_files: list[tuple[YamlFile, TermsFile]]
    labels_file: tuple[YamlFile, LabelsFile] | None
    targets_file: tuple[YamlFile, TargetsFile] | None
    stacking_file: tuple[YamlFile, StackingFile] | None
    national: Labels
    parent: City | None = None

    def own_parameters(self) -> Iterator[tuple[YamlFile, Loc, Parameter]]:
        """Every parameter its own files declare, with its place."""
        programmes = [(file, part.parameters) for file, part in self.programme_files]
        terms = [(file, part.parameters) for file, part in self.terms_files]
        for file, parameters in programmes + terms:
            for index, parameter in enumerate(parameters):
                yield file, ["parameters", index], parameter
        for file, loc, rule in self.own_rules():
            yield file, loc, rule.parameter

    def own_rules(self) -> Iterator[tuple[YamlFile, Loc, StackingRule]]:
        """Every rule on two benefits it declares, with its place."""
        if self.stacking_file:
            file, part = self.stacking_file
            for index, rule in enumerate(part.rules):
                yield file, ["rules", index], rule

    @cached_property
    def inherited_labels(self) -> Labels:
        """The words it need not bring itself."""
        return self.parent.labels if self.parent else self.national

    @cached_property
    def labels(self) -> Labels:
        """The words for every code."""
        return joined(self.inherited_labels, self.labels_file[1]) if self.labels_file else self.inherited_labels

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter by id."""
        inherited = self.parent.parameters if self.parent else {}
        return inherited | {parameter.id: parameter for _, _, parameter in self.own_parameters()}

    @cached_property
    def programmes(self) -> dict[str, Programme]:
        """Every programme by code."""
        inherited = self.parent.programmes if self.parent else {}
        return inherited | {part.programme.code: part.programme for _, part in self.programme_files}

    @cached_property
    def stacking(self) -> dict[str, Pairs]:
        """Which benefits every rule on two of them names, its own rules first."""
        own = {rule.id: rule.pairs for _, _, rule in self.own_rules()}
        inherited = self.parent.stacking if self.parent else {}
        return own | {name: pairs for name, pairs in inherited.items() if name not in own}

    @cached_property
    def targets(self) -> dict[str, Target]:
        """Every target by id."""
        inherited = self.parent.targets if self.parent else {}
        return inherited | {target.id: target for target in (self.targets_file[1].targets if self.targets_file else ())}

    @cached_property
    def documents(self) -> dict[str, Document]:
        """Every document by id."""
        inherited = self.parent.documents if self.parent else {}
        return inherited | {document.id: document for document in self.head.documents}

    @cached_property
    def all_texts(self) -> dict[str, tuple[str, str]]:
        """Every document's file name and words by id."""
        return (self.parent.all_texts if self.parent else {}) | self.texts

    @property
    def known(self) -> Known:
        """What its files may name."""
        return known_to(self.programmes, self.labels, self.all_texts)
