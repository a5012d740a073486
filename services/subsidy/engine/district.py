"""A district's decisions, held against its city's law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from services.subsidy.engine.checks import check_dates, check_source, check_value
from services.subsidy.engine.city import City
from services.subsidy.engine.files import OverrideFile
from services.subsidy.engine.limits import check_limit
from services.subsidy.engine.loader import Loader
from services.subsidy.engine.yamlfile import Loc, YamlFile
from shared.regions import RegionTable, covers, prefix_of


def read_district(loader: Loader, folder: Path, cities: Sequence[City]) -> tuple[City, YamlFile, OverrideFile] | None:
    """The district's file and the city it belongs to; None and refusals when they are not fit for use."""
    read = loader.read(folder / "override.yaml", OverrideFile)
    if read is None:
        return None
    file, head = read
    refuse = partial(file.refuse, loader.refusals)
    region, table = f"{head.region}000000", RegionTable.load()
    if not table.exists(region):
        refuse(["region"], "unknown_region", region=head.region)
    city = next((city for city in cities if city.head.region == head.of), None)
    if city is None:
        refuse(["of"], "unknown_parent", parent=head.of)
        return None
    if head.region == head.of or not covers(prefix_of(f"{head.of}000000"), region):
        refuse(["region"], "outside", region=head.region, city=head.of)
    _check(loader, file, head, city)
    return city, file, head


def _check(loader: Loader, file: YamlFile, head: OverrideFile, city: City) -> None:
    refuse = partial(file.refuse, loader.refusals)
    known = replace(city.known, texts=city.all_texts | loader.texts(file, head.documents))
    for index, entry in enumerate(head.effective):
        if entry.document not in known.texts:
            refuse(["effective", index, "document"], "unknown_document", document=entry.document)
    for index, value in enumerate(head.values):
        loc: Loc = ["values", index]
        check_source(refuse, loc, value, known)
        declared = city.parameters.get(value.parameter)
        if declared is None:
            refuse([*loc, "parameter"], "unknown_parameter", parameter=value.parameter)
            continue
        check_value(refuse, loc, declared, value, known)
        check_limit(refuse, loc, declared, value)
    for name in {value.parameter for value in head.values}:
        _check_history(loader, file, head, name)


def _check_history(loader: Loader, file: YamlFile, head: OverrideFile, name: str) -> None:
    """Several values of one parameter follow each other; each keeps the line it was written on."""
    places = [index for index, value in enumerate(head.values) if value.parameter == name]

    def refuse(loc: Sequence[int | str], code: str, /, **arguments: object) -> None:
        file.refuse(loader.refusals, ["values", places[int(loc[0])], *loc[1:]], code, **arguments)

    check_dates(refuse, [], [head.values[index] for index in places])
