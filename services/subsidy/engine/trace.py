"""Why somebody gets what they get: every step with its figure, its clause and the sentence of the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from services.subsidy.engine import derived
from services.subsidy.engine.alternatives import condition_of, frame_of, what_would_change
from services.subsidy.engine.calculate import assess, calculate, typed
from services.subsidy.engine.columns import columns_of
from services.subsidy.engine.granted import granted
from services.subsidy.engine.kinds import kind_of
from services.subsidy.engine.kinds.base import Computed, Failure, Row, Told
from services.subsidy.engine.model import Document, Parameter, Source, Text
from services.subsidy.engine.pack import Pack
from services.subsidy.engine.plan import run
from services.subsidy.engine.printed import column, force, joined, value, word
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.values import Resolved
from services.subsidy.engine.wording import Words, both, shown
from shared.clock import Month
from shared.money import to_yuan

Trace = dict[str, Any]
"""``anxiang.trace.v1``, as ``trace.schema.json`` describes it."""
Rows = Row | Sequence[Row]
SAID_ANYWAY = ("human_hold", "register_contradicts", "missing_input")
"""Reasons that do not rest on the facts of a row; where facts are missing, what the formula finds is not told."""


def explain(pack: Pack, programme: str, month: Month, rows: Rows, *, simulate: bool = False) -> Trace:
    """The whole reasoning behind one line. ``rows`` are all rows of the line, as they were given to ``calculate``.

    Dates may be ISO text, so stored inputs can be passed back. KeyError for no such programme.
    """
    rules = Rules(pack, pack.programmes[programme], month, simulate=simulate)
    given = [rows] if isinstance(rows, Mapping) else list(rows)
    frame = frame_of(rules, given)
    rules = replace(rules, given=frozenset(frame.columns))
    judged = calculate(pack, programme, month, frame, simulate=simulate).to_dicts()
    words, amount = Words(pack.content.labels), sum(row["amount_fen"] for row in judged)
    reasons = [row["reason"] for row in judged if row["reason"]]
    refused = next((row["outcome"] for row in judged if row["outcome"] != "paid"), "paid")
    return {
        "schema": "anxiang.trace.v1",
        "programme": _programme(rules),
        "pack": _pack(pack),
        "month": str(month),
        "subject_id": str(given[0].get("subject_id")),
        "amount": to_yuan(amount),
        "amount_fen": amount,
        "outcome": "paid" if amount else refused,
        "reason": reasons[0] if reasons else None,
        "steps": [] if rules.shut else [_step(rules, words, told) for told in _told(rules, judged)],
        "inputs": [{name: _json(value) for name, value in row.items()} for row in frame.to_dicts()],
        "failed_conditions": _failed(rules, words, frame, judged),
        "missing": [_missing(rules, parameter) for parameter in rules.missing],
        "granted": _granted(rules, frame) if rules.shut else None,
        "what_would_change": [] if rules.shut else what_would_change(rules, words, judged, given),
    }


def _granted(rules: Rules, frame: pl.DataFrame) -> dict[str, str] | None:
    found = granted(rules, frame.to_dicts())
    return found.model_dump() if found else None


def _told(rules: Rules, judged: Sequence[Row]) -> list[Told]:
    return [*derived.tell(rules, judged), *kind_of(rules).tell(rules, judged)]


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _programme(rules: Rules) -> dict[str, Any]:
    programme = rules.programme
    payee = word(programme.payee, rules.pack.content.labels).model_dump()
    return {
        "code": programme.code,
        "name": programme.name.model_dump(),
        "kind": programme.kind,
        "form": programme.form,
        "force": force(programme, rules.pack.content.documents),
        "beneficiary": programme.beneficiary,
        "payee": programme.payee,
        "payee_name": payee,
        **_source(rules.pack, programme),
    }


def _pack(pack: Pack) -> dict[str, Any]:
    note = pack.content.note.model_dump() if pack.content.note else None
    head = {"region": pack.region, "name": pack.name.model_dump(), "hash": pack.hash, "status": pack.status}
    return head | {"sample": pack.sample, "note": note}


def _source(pack: Pack, source: Source) -> dict[str, Any]:
    document = pack.content.documents[source.document]
    return {"clause": source.clause, "quotation": source.quotation, "document": _document(document)}


def _document(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "title": document.title.model_dump(),
        "number": document.number,
        "issued_on": _json(document.issued_on),
        "status": document.status,
    }


def _resolved(rules: Rules, resolved: Resolved) -> dict[str, Any]:
    """Where a value stands; a district's own value also names the sentence of the city it rests on."""
    declared = resolved.parameter
    head: dict[str, Any] = {
        "parameter": declared.id,
        "since": resolved.since.isoformat(),
        "semantics": declared.semantics,
    }
    labels = rules.pack.content.labels
    says, label = value(declared, resolved.dated, labels), declared.label
    head["says"] = {"zh": f"{label.zh}:{says.zh}", "en": f"{label.en}: {says.en}"}
    own = resolved.source.document != declared.document
    basis = _source(rules.pack, declared) if own else None
    return head | {"basis": basis} | _source(rules.pack, resolved.source)


def _step(rules: Rules, words: Words, told: Told) -> dict[str, Any]:
    figure = shown(told.value, told.unit)
    facts = {**told.words, "value": figure}
    source = _resolved(rules, told.source) if told.source else None
    text = both(words.step, told.code, facts)
    return {"code": told.code, "value": figure, "unit": told.unit, "text": text, "source": source}


def _missing(rules: Rules, parameter: Parameter) -> dict[str, Any]:
    decision, decided_by = parameter.missing_decision, parameter.decided_by
    return {
        "parameter": parameter.id,
        "label": parameter.label.model_dump(),
        "missing_decision": decision.model_dump() if decision else None,
        "decided_by": decided_by.model_dump() if decided_by else None,
        **_source(rules.pack, parameter),
    }


def _failed(rules: Rules, words: Words, frame: pl.DataFrame, judged: Sequence[Row]) -> list[dict[str, Any]]:
    """Everything that speaks against paying, not only what counted first; with the rows it concerns."""
    if rules.shut:
        outcome, reason = rules.shut
        everybody = Failure(reason, pl.lit(value=True), outcome=outcome)
        return [_failure(rules, words, everybody, list(range(len(judged))), {})]
    computed = assess(rules, typed(frame, rules))
    holds = _held(computed)
    refused = any(holds[failure.code] for failure in computed.failures if failure.blocking)
    told = [failure for failure in computed.failures if failure.code != "nothing_due" or not refused]
    facts = {**_absent(rules, frame), **kind_of(rules).reasons(rules, judged)}
    unknown = set(holds["missing_input"])
    for failure in told:
        if failure.code not in SAID_ANYWAY and not condition_of(rules, failure.code):
            holds[failure.code] = [row for row in holds[failure.code] if row not in unknown]
    return [_failure(rules, words, failure, holds[failure.code], facts) for failure in told if holds[failure.code]]


def _absent(rules: Rules, frame: pl.DataFrame) -> dict[str, Text]:
    """What is missing, by name."""
    needed = [name for name, each in columns_of(rules.programme).items() if not each.nullable]
    names = [column(name, rules.pack.content.labels) for name in needed if frame[name].null_count()]
    named = joined(names)
    return {"missing_input": Text(zh=f"资料不全,还缺:{named.zh}", en=f"facts are missing: {named.en}")} if names else {}


def _held(computed: Computed) -> dict[str, list[int]]:
    """Which rows each failure holds for."""
    expressions = {failure.code: failure.holds.fill_null(value=False) for failure in computed.failures}
    table = run(computed.frame.select(**expressions))
    return {name: [index for index, holds in enumerate(table[name]) if holds] for name in expressions}


def _failure(rules: Rules, words: Words, failure: Failure, rows: list[int], told: Mapping[str, Text]) -> dict[str, Any]:
    code, declared = failure.code, condition_of(rules, failure.code)
    undecided = rules.pack.content.parameters.get(code)
    text = declared.label.model_dump() if declared else words.reason(code, undecided.label if undecided else None)
    if code in told:
        text = told[code].model_dump()
    outcome = failure.outcome if failure.blocking else "cut"
    head = {"code": code, "outcome": outcome, "demanded": declared is not None, "text": text, "rows": rows}
    fed = rules.get(failure.slot).source if failure.slot else None
    place = declared or undecided or fed or (rules.programme if rules.shut else None)
    nowhere = {"clause": None, "quotation": None, "document": None}
    return head | (_source(rules.pack, place) if place else nowhere)
