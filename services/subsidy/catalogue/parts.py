"""What every answer about the law is made of: words, sources, who entered a date, what is undecided."""

from __future__ import annotations

from services.subsidy.catalogue.reading import Law
from services.subsidy.catalogue.rule_schemas import UndecidedOut
from services.subsidy.catalogue.schemas import DocumentRef, EnteredOut, SourceOut, Word
from services.subsidy.engine.compare.values import reads
from services.subsidy.engine.model import Document, Effective, Parameter, Source
from services.subsidy.engine.printed import force
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.targets import Target


def word(law: Law, code: str | int) -> Word:
    """A code with what it is called."""
    return Word(code=str(code), name=law.word(str(code)))


def binding(law: Law, rule: Programme | Parameter | Target) -> Word:
    """How much a rule binds; a draft binds nobody."""
    return word(law, force(rule, law.pack.content.documents))


def column(law: Law, name: str) -> Word:
    """A fact by its column."""
    known = law.pack.content.labels.columns.get(name)
    return Word(code=name, name=law.say(known) if known else name)


def unit(law: Law, name: str) -> Word:
    """A unit."""
    known = law.pack.content.labels.units.get(name)
    return Word(code=name, name=law.say(known) if known else name)


def named(law: Law, document: Document) -> DocumentRef:
    """A document by its name."""
    return DocumentRef(
        id=document.id, title=law.say(document.title), number=document.number, status=word(law, document.status)
    )


def source(law: Law, place: Source) -> SourceOut:
    """Where a rule stands."""
    document = named(law, law.pack.content.documents[place.document])
    return SourceOut(document=document, clause=place.clause, quotation=place.quotation)


def entered(law: Law, entry: Effective | None) -> EnteredOut | None:
    """Who entered a day, and why that one."""
    if entry is None:
        return None
    return EnteredOut(
        on=entry.on, entered_by=entry.entered_by, entered_on=entry.entered_on, reason=law.say(entry.reason)
    )


def users(law: Law, parameter: str) -> list[str]:
    """The benefits that read a parameter."""
    return [code for code in law.pack.programmes if parameter in reads(law.pack, code)]


def undecided(law: Law, parameter: Parameter) -> UndecidedOut:
    """What is missing, and who takes the decision."""
    return UndecidedOut(
        parameter=parameter.id,
        name=law.say(parameter.label),
        missing_decision=law.maybe(parameter.missing_decision),
        decided_by=law.maybe(parameter.decided_by),
        programmes=users(law, parameter.id),
        source=source(law, parameter),
    )
