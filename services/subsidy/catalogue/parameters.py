"""Values of the law on a day, their history, and what nobody has decided."""

from __future__ import annotations

from typing import Any

from services.subsidy.catalogue.parts import (
    binding,
    column,
    entered,
    named,
    source,
    undecided,
    unit,
    users,
    word,
)
from services.subsidy.catalogue.reading import Law, no_rule
from services.subsidy.catalogue.rule_schemas import (
    CategoriesOut,
    LevelOut,
    LevelsOut,
    OpenOut,
    ParameterDetail,
    ParameterOut,
    UndecidedOut,
    ValueOut,
)
from services.subsidy.catalogue.schemas import Word
from services.subsidy.engine import printed
from services.subsidy.engine.model import Dated, Parameter
from services.subsidy.engine.timeline import Entry, history
from services.subsidy.engine.values import FIELD_OF_KIND, Resolved

PURCHASE = "purchase."
"""What the names of the parameters on government purchase begin with."""


def parameters(law: Law, programme: str | None) -> list[ParameterOut]:
    """Every parameter on a day, or those of one benefit. RuleNotFound for no such benefit."""
    if programme and programme not in law.pack.programmes:
        raise no_rule(programme)
    found = law.pack.content.parameters.values()
    return [_on_a_day(law, each) for each in found if not programme or programme in users(law, each.id)]


def parameter(law: Law, name: str) -> ParameterDetail:
    """One parameter with every value it ever had. RuleNotFound for no such parameter."""
    declared = law.pack.content.parameters.get(name)
    if declared is None:
        raise no_rule(name)
    entries = [_value(law, declared, entry) for entry in history(law.pack, name)]
    return ParameterDetail.model_validate(_on_a_day(law, declared).model_dump() | {"history": entries})


def open_decisions(law: Law) -> OpenOut:
    """For the clerk: documents without a day, and every parameter without a value on a day, and who decides."""
    content = law.pack.content
    undated = [each for each in content.documents.values() if law.pack.effective_on(each.id) is None]
    missing = [undecided(law, each) for each in content.parameters.values() if not _decided(law, each)]
    return OpenOut(effective_dates=[named(law, each) for each in undated], decisions=missing)


def levels(law: Law) -> list[LevelsOut]:
    """How assessed levels, and whatever else is mapped, become the document's words."""
    return [_levels(law, each) for each in law.pack.content.parameters.values() if each.kind == "mapping"]


def purchase_categories(law: Law) -> list[CategoriesOut]:
    """What the government buys."""
    found = law.pack.content.parameters.values()
    return [_categories(law, each) for each in found if each.kind == "members" and each.id.startswith(PURCHASE)]


def _decided(law: Law, declared: Parameter) -> bool:
    """A value that only waits for its document to count is decided; the date is what is missing."""
    waits = any(entry.since is None for entry in history(law.pack, declared.id))
    return waits or law.pack.resolve(declared.id, law.on) is not None


def _missing(law: Law, declared: Parameter) -> UndecidedOut | None:
    return None if _decided(law, declared) else undecided(law, declared)


def _on_a_day(law: Law, declared: Parameter) -> ParameterOut:
    resolved = law.pack.resolve(declared.id, law.on)
    return ParameterOut(
        id=declared.id,
        name=law.say(declared.label),
        kind=declared.kind,
        unit=unit(law, declared.unit),
        semantics=word(law, declared.semantics),
        force=binding(law, declared),
        over=column(law, declared.over) if declared.over else None,
        programmes=users(law, declared.id),
        value=_value(law, declared, _entry(law, resolved)) if resolved else None,
        undecided=_missing(law, declared),
        basis=source(law, declared),
    )


def _entry(law: Law, resolved: Resolved) -> Entry:
    return next(entry for entry in history(law.pack, resolved.parameter.id) if entry.dated is resolved.dated)


def _value(law: Law, declared: Parameter, entry: Entry) -> ValueOut:
    return ValueOut(
        text=law.say(printed.value(declared, entry.dated, law.pack.content.labels)),
        figures=_figures(entry.dated),
        since=entry.since,
        until=entry.dated.until,
        own=entry.own,
        source=source(law, entry.source),
        entered=entered(law, entry.entered),
    )


def _figures(dated: Dated) -> Any:  # noqa: ANN401  # the shape depends on the parameter's kind
    shown = dated.model_dump(mode="json", include=set(FIELD_OF_KIND.values()), exclude_none=True)
    return next(iter(shown.values()))


def _levels(law: Law, declared: Parameter) -> LevelsOut:
    resolved = law.pack.resolve(declared.id, law.on)
    over, labels = declared.over, law.pack.content.labels
    lines = [
        LevelOut(given=Word(code=str(key), name=law.say(printed.key(key, over, labels))), counts_as=word(law, target))
        for key, target in (resolved.mapping if resolved else {}).items()
    ]
    return LevelsOut(
        parameter=declared.id,
        name=law.say(declared.label),
        over=column(law, over) if over else None,
        lines=lines,
        undecided=_missing(law, declared),
        source=source(law, resolved.source if resolved else declared),
    )


def _categories(law: Law, declared: Parameter) -> CategoriesOut:
    resolved = law.pack.resolve(declared.id, law.on)
    return CategoriesOut(
        parameter=declared.id,
        name=law.say(declared.label),
        categories=[word(law, code) for code in (resolved.members if resolved else ())],
        undecided=_missing(law, declared),
        source=source(law, resolved.source if resolved else declared),
    )
