"""Everything a pack's files say, held against its documents, its words and its formulas."""

from __future__ import annotations

from functools import partial

from services.subsidy.engine.checks import check_parameter
from services.subsidy.engine.city import City
from services.subsidy.engine.model import Labels
from services.subsidy.engine.reading import check_awaited, check_read, check_sources
from services.subsidy.engine.refusals import Refusal
from services.subsidy.engine.relations import check_rule
from services.subsidy.engine.targets import check_target
from services.subsidy.engine.wiring import check_programme
from services.subsidy.engine.yamlfile import Loc, YamlFile


def review(city: City, refusals: list[Refusal]) -> None:
    """Note everything in a city's own files that must be mended."""
    known = city.known
    if city.labels_file:
        review_labels(*city.labels_file, city.inherited_labels, refusals)
    for file, part in city.programme_files:
        check_programme(partial(file.refuse, refusals), part.programme, city.parameters, known)
    for file, loc, parameter in city.own_parameters():
        check_parameter(partial(file.refuse, refusals), loc, parameter, known)
    seen: dict[frozenset[str], str] = {}
    for file, loc, rule in city.own_rules():
        check_rule(partial(file.refuse, refusals), loc, rule, city.programmes, seen)
    if city.targets_file:
        file, targets = city.targets_file
        for index, target in enumerate(targets.targets):
            check_target(partial(file.refuse, refusals), ["targets", index], target, known)
    _review_names(city, refusals)


def review_reading(city: City, refusals: list[Refusal]) -> None:
    """Note every decision that would change nothing, and every column that nobody fills. Asked of packs that are fit
    otherwise: a wrong name would only be told twice."""
    for file, part in city.programme_files:
        check_awaited(partial(file.refuse, refusals), part.programme, city.parameters)
        check_sources(partial(file.refuse, refusals), part.programme, city.parameters)
    for file, loc, parameter in city.own_parameters():
        check_read(partial(file.refuse, refusals), loc, parameter, city.programmes)


def review_labels(file: YamlFile, labels: Labels, inherited: Labels, refusals: list[Refusal]) -> None:
    """No code has two names."""
    for part in Labels.model_fields:
        for code in getattr(labels, part):
            if code in getattr(inherited, part):
                file.refuse(refusals, [part, code], "twice", name=code)


def _review_names(city: City, refusals: list[Refusal]) -> None:
    """Nothing is declared twice."""
    names: list[tuple[YamlFile, Loc, str]] = []
    for file, part in city.programme_files:
        names.append((file, ["programme", "code"], part.programme.code))
    names += [(file, [*loc, "id"], parameter.id) for file, loc, parameter in city.own_parameters()]
    if city.targets_file:
        file, targets = city.targets_file
        names += [(file, ["targets", index, "id"], target.id) for index, target in enumerate(targets.targets)]
    seen: set[str] = set()
    for file, loc, name in names:
        if name in seen:
            file.refuse(refusals, loc, "twice", name=name)
        seen.add(name)
