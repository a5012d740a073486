"""A district's decisions, held against its city's law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from services.subsidy.engine.checks import Known, check_dates, check_source, check_value
from services.subsidy.engine.files import OverrideFile
from services.subsidy.engine.limits import check_limit
from services.subsidy.engine.loader import Find, texts_of
from services.subsidy.engine.pack import Content, Pack
from services.subsidy.engine.refusals import Refusal
from services.subsidy.engine.yamlfile import Loc, YamlFile
from shared.regions import RegionTable, covers, prefix_of


@dataclass(frozen=True)
class Base:
    """A city's law as its districts find it: what it says, and what they may name."""

    content: Content
    known: Known


def read_district(
    file: YamlFile, head: OverrideFile, cities: Sequence[Base], find: Find, refusals: list[Refusal]
) -> tuple[Pack, Mapping[str, tuple[str, str]]] | None:
    """A city's law with what a district decided for itself, and its documents; None when there is no such city.

    ``find`` gives the words of the documents that the district brings. Refusals are noted for all that is unfit.
    """
    refuse = partial(file.refuse, refusals)
    region, table = f"{head.region}000000", RegionTable.load()
    if not table.exists(region):
        refuse(["region"], "unknown_region", region=head.region)
    city = next((city for city in cities if city.content.region == head.of), None)
    if city is None:
        refuse(["of"], "unknown_parent", parent=head.of)
        return None
    if head.region == head.of or not covers(prefix_of(f"{head.of}000000"), region):
        refuse(["region"], "outside", region=head.region, city=head.of)
    texts = {**city.known.texts, **texts_of(file, head.documents, find, refusals)}
    _check(file, head, replace(city, known=replace(city.known, texts=texts)), refusals)
    return Pack(_with_override(city.content, head, prefix_of(region))), texts


def _check(file: YamlFile, head: OverrideFile, city: Base, refusals: list[Refusal]) -> None:
    refuse, known = partial(file.refuse, refusals), city.known
    for index, entry in enumerate(head.effective):
        if entry.document not in known.texts:
            refuse(["effective", index, "document"], "unknown_document", document=entry.document)
    for index, value in enumerate(head.values):
        loc: Loc = ["values", index]
        check_source(refuse, loc, value, known)
        declared = city.content.parameters.get(value.parameter)
        if declared is None:
            refuse([*loc, "parameter"], "unknown_parameter", parameter=value.parameter)
            continue
        check_value(refuse, loc, declared, value, known)
        check_limit(refuse, loc, declared, value)
    for name in {value.parameter for value in head.values}:
        _check_history(file, head, name, refusals)


def _check_history(file: YamlFile, head: OverrideFile, name: str, refusals: list[Refusal]) -> None:
    """Several values of one parameter follow each other; each keeps the line it was written on."""
    places = [index for index, value in enumerate(head.values) if value.parameter == name]

    def refuse(loc: Sequence[int | str], code: str, /, **arguments: object) -> None:
        file.refuse(refusals, ["values", places[int(loc[0])], *loc[1:]], code, **arguments)

    check_dates(refuse, [], [head.values[index] for index in places])


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
