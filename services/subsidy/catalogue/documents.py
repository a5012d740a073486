"""Documents with the sentences that rules rest on, and where each stands in the text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from services.subsidy.catalogue.parts import entered, named, word
from services.subsidy.catalogue.reading import Law, no_rule
from services.subsidy.catalogue.schemas import CitingOut, DocumentDetail, DocumentOut, QuotationOut
from services.subsidy.engine import Pack
from services.subsidy.engine.model import Document, Source, Text
from services.subsidy.engine.timeline import history


@dataclass(frozen=True)
class Citing:
    """A rule and the sentence it rests on."""

    kind: str
    id: str
    name: Text
    source: Source


def documents(law: Law) -> list[DocumentOut]:
    """Every document of a region's pack."""
    return [_document(law, each) for each in law.pack.content.documents.values()]


def document(law: Law, name: str) -> DocumentDetail:
    """One document with its text. RuleNotFound for no such document."""
    found = law.pack.content.documents.get(name)
    if found is None:
        raise no_rule(name)
    text = law.packs.text(law.pack, name)
    return DocumentDetail.model_validate(
        _document(law, found).model_dump()
        | {
            "quotations": _quotations(law, name, text),
            "text": text,
            "sha256": hashlib.sha256(text.encode()).hexdigest() if text is not None else None,
        }
    )


def _document(law: Law, document: Document) -> DocumentOut:
    entry = law.pack.content.effective.get(document.id)
    return DocumentOut(
        **named(law, document).model_dump(),
        issuer=document.issuer,
        issued_on=document.issued_on,
        published_on=document.published_on,
        effective_on=law.pack.effective_on(document.id),
        entered=entered(law, entry),
        expires_on=document.expires_on,
        completeness=word(law, document.completeness),
        source=document.source,
        quoted=len({each.source.quotation for each in cited(law.pack) if each.source.document == document.id}),
    )


def _quotations(law: Law, name: str, text: str | None) -> list[QuotationOut]:
    """By sentence, in the order of the text; what is not found there stands last."""
    by_sentence: dict[tuple[str, str], list[Citing]] = {}
    for each in cited(law.pack):
        if each.source.document == name:
            by_sentence.setdefault((each.source.clause, each.source.quotation), []).append(each)
    found = [_quotation(law, clause, quotation, rules, text) for (clause, quotation), rules in by_sentence.items()]
    return sorted(found, key=lambda each: (each.start is None, each.start or 0, -(each.end or 0)))


def _quotation(law: Law, clause: str, quotation: str, rules: list[Citing], text: str | None) -> QuotationOut:
    place = (text or "").find(quotation)
    start = None if place < 0 else place
    named = {(rule.kind, rule.id): law.say(rule.name) for rule in rules}
    return QuotationOut(
        clause=clause,
        quotation=quotation,
        start=start,
        end=None if start is None else start + len(quotation),
        rules=[
            CitingOut.model_validate({"kind": kind, "id": id_, "name": name}) for (kind, id_), name in named.items()
        ],
    )


def cited(pack: Pack) -> Iterator[Citing]:
    """Every rule of a pack with its sentence, the district's own values among them."""
    for programme in pack.programmes.values():
        yield Citing("programme", programme.code, programme.name, programme)
        for condition in programme.conditions:
            yield Citing("condition", f"{programme.code}.{condition.code}", condition.label, condition)
    for parameter in pack.content.parameters.values():
        yield Citing("parameter", parameter.id, parameter.label, parameter)
        for entry in history(pack, parameter.id):
            if entry.own:
                yield Citing("parameter", parameter.id, parameter.label, entry.source)
    for target in pack.content.targets.values():
        yield Citing("target", target.id, target.label, target)
