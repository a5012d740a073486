"""An imaginary law of one programme, put together for a test without any file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from ruamel.yaml import YAML

from services.subsidy.engine import POLICIES, Pack, calculate
from services.subsidy.engine.alternatives import frame_of
from services.subsidy.engine.model import Dated, Document, Labels, Parameter, Text
from services.subsidy.engine.pack import Content
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.rules import Rules
from shared.clock import Month

Row = dict[str, Any]
Answer = tuple[int, str, str | None]
Value = dict[str, Any]
OCTOBER = Month(2026, 10)
NOBODY = Text(zh="无", en="nobody")
SOURCE = {"document": "paper", "clause": "one", "quotation": "as the law says"}


def scalar(value: object, unit: str = "CNY/person") -> Value:
    """One figure."""
    return {"kind": "scalar", "unit": unit, "value": value}


def table(over: str, values: Mapping[Any, object], unit: str = "CNY/person") -> Value:
    """A figure per key of a column."""
    return {"kind": "table", "over": over, "unit": unit, "table": values}


def bands(over: str | None, *steps: Sequence[Any], unit: str = "CNY/person") -> Value:
    """Figures by (from, to, value) of a column."""
    named = [dict(zip(("at_least", "at_most", "value"), step, strict=True)) for step in steps]
    return {"kind": "bands", "over": over, "unit": unit, "bands": named}


def mapping(over: str, words: Mapping[Any, str]) -> Value:
    """A code per key of a column."""
    return {"kind": "mapping", "over": over, "unit": "mapping", "mapping": words}


def choice(taken: str) -> Value:
    """A decision."""
    return {"kind": "choice", "unit": "decision", "choices": (taken,), "choice": taken}


def _parameter(name: str, value: Value) -> Parameter:
    head = {key: value[key] for key in ("kind", "unit", "over", "choices") if key in value}
    field = {key: value[key] for key in ("value", "table", "bands", "choice", "mapping") if key in value}
    dated = (Dated.model_validate({"since": "document", **field}),)
    return Parameter.model_validate(
        {"id": name, "label": NOBODY, "semantics": "exact", "values": dated, **SOURCE, **head}
    )


def labels() -> Labels:
    """The national words, from all their files."""
    merged: dict[str, dict[str, Any]] = {}
    national = POLICIES / "national"
    for path in [national / "labels.yaml", *sorted((national / "labels").glob("*.yaml"))]:
        for part, words in YAML(typ="safe").load(path).items():
            if part != "format":
                assert not set(merged.get(part, {})) & set(words), f"twice in {path.name}"
                merged.setdefault(part, {}).update(words)
    return Labels.model_validate(merged)


LABELS = labels()


def law(
    kind: str,
    uses: Mapping[str, Value | list[Value]],
    inputs: Mapping[str, str] | None = None,
    derived: Mapping[str, Value] | None = None,
    **more: Any,
) -> Pack:
    """A pack with the programme ``benefit``, in force since 2020."""
    filled = {f"levels.{column}": value for column, value in (derived or {}).items()}
    listed = {slot: value if isinstance(value, list) else [value] for slot, value in uses.items()}
    named = {
        slot: {f"benefit.{slot}_{number}": value for number, value in enumerate(values)}
        for slot, values in listed.items()
    }
    benefit = {
        "code": "benefit",
        "name": NOBODY,
        "kind": kind,
        "beneficiary": "senior",
        "payee": "senior",
        "force": "mandatory",
        "inputs": inputs or {},
        "derived": {column: f"levels.{column}" for column in derived or {}},
        "uses": {slot: next(iter(ids)) if len(ids) == 1 else tuple(ids) for slot, ids in named.items()},
    }
    parameters = {name: _parameter(name, value) for ids in (*named.values(), filled) for name, value in ids.items()}
    paper = Document(
        id="paper",
        title=NOBODY,
        number=None,
        issuer="nobody",
        issued_on=None,
        published_on=None,
        effective_on=date(2020, 1, 1),
        expires_on=None,
        status="in_force",
        completeness="complete",
        source="paper.txt",
    )
    return Pack(
        Content(
            region="990000",
            prefix="99",
            name=NOBODY,
            sample=True,
            note=None,
            documents={"paper": paper},
            labels=LABELS,
            programmes={"benefit": Programme.model_validate({**benefit, **SOURCE, **more})},
            parameters=parameters,
            effective={},
            local={},
        )
    )


def calculated(pack: Pack, rows: Sequence[Row], month: Month = OCTOBER) -> pl.DataFrame:
    """What the engine makes of rows; those without a subject are each of their own."""
    numbered = [{"subject_id": f"s-{number}", **row} for number, row in enumerate(rows)]
    rules = Rules(pack, pack.programmes["benefit"], month)
    return calculate(pack, "benefit", month, frame_of(rules, numbered))


def judged(pack: Pack, *rows: Row, month: Month = OCTOBER) -> list[Answer]:
    """Amount in fen, outcome and reason of each row."""
    return calculated(pack, rows, month).select("amount_fen", "outcome", "reason").rows()


def assert_fair(pack: Pack, rows: Sequence[Row], month: Month = OCTOBER) -> list[Answer]:
    """A batch answers as each row alone, its order changes nothing, no amount is negative, no word is missing."""
    batch = calculated(pack, rows, month)
    numbered = [{"subject_id": f"s-{number}", **row} for number, row in enumerate(rows)]
    assert calculated(pack, numbered[::-1], month).equals(batch.reverse())
    assert pl.concat([calculated(pack, [row], month) for row in numbered]).equals(batch)
    answers: list[Answer] = batch.select("amount_fen", "outcome", "reason").rows()
    assert min(amount for amount, _, _ in answers) >= 0
    assert all((outcome == "paid") == (amount > 0) for amount, outcome, _ in answers)
    assert all(reason is None or reason in LABELS.reasons for _, _, reason in answers)
    return answers
