"""The files a pack is made of."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.subsidy.engine.model import Dated, Document, Effective, Labels, Parameter, Source, Strict, Text
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.relations import StackingRule
from services.subsidy.engine.targets import Target


class PackFile(Strict):
    """``pack.yaml``: whose law this is, from which documents, and what it inherits."""

    format: Literal["anxiang.pack.v1"]
    region: str = Field(pattern=r"^[0-9]{6}$")
    name: Text
    inherits: str | None
    documents: tuple[Document, ...]


class LabelsFile(Labels):
    """``labels.yaml`` and ``labels/*.yaml`` of the national pack, ``labels.yaml`` of a city: words for codes."""

    format: Literal["anxiang.labels.v1"]


class ProgrammeFile(Strict):
    """``parameters/*.yaml``: one programme with its parameters."""

    format: Literal["anxiang.programme.v1"]
    programme: Programme
    parameters: tuple[Parameter, ...]


class TermsFile(Strict):
    """``terms/*.yaml``: parameters that belong to no single programme."""

    format: Literal["anxiang.terms.v1"]
    parameters: tuple[Parameter, ...]


class TargetsFile(Strict):
    """``targets.yaml``: what the documents want reached, and by when."""

    format: Literal["anxiang.targets.v1"]
    targets: tuple[Target, ...]


class StackingFile(Strict):
    """``stacking.yaml``: which benefits go together."""

    format: Literal["anxiang.stacking.v1"]
    rules: tuple[StackingRule, ...]


class LocalValue(Source, Dated):
    """A value a district sets, with the document in which it did."""

    parameter: str


class EffectiveEntry(Effective):
    """From which day a document counts here."""

    document: str


class OverrideFile(Strict):
    """``override.yaml``: what a district decided for itself. ``sample`` marks figures that are no law."""

    format: Literal["anxiang.override.v1"]
    region: str = Field(pattern=r"^[0-9]{6}$")
    of: str = Field(pattern=r"^[0-9]{6}$")
    name: Text
    sample: bool
    note: Text
    documents: tuple[Document, ...]
    effective: tuple[EffectiveEntry, ...] = ()
    values: tuple[LocalValue, ...] = ()
