"""Every trace of every worked case fits the published schema, and its text is for people: no codes, no gaps."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.subsidy import engine
from services.subsidy.engine import render
from services.subsidy.policies.cases import Worked
from tests.policies.every_case import CASES

SCHEMA = json.loads((Path(engine.__file__).parent / "trace.schema.json").read_text(encoding="utf-8"))
CODE = re.compile(r"[a-z]+_[a-z]+|\b[A-Z]{3,}_[A-Z]+\b|None|null|\{|\}|\b\d{4}-\d{2}\b")


@pytest.fixture(scope="module")
def worked() -> Sequence[Worked]:
    """Every case of every pack with its trace."""
    return CASES


def test_the_schema_names_itself_and_its_examples_fit_it() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "https://anxiang.cn/schemas/anxiang.trace.v1"
    outcomes = {example["outcome"] for example in SCHEMA["examples"]}
    assert outcomes == {"paid", "not_configured"}
    for example in SCHEMA["examples"]:
        Draft202012Validator(SCHEMA).validate(example)


def test_every_trace_of_every_case_fits_the_published_schema(worked: Sequence[Worked]) -> None:
    assert len(worked) > 200
    validator = Draft202012Validator(SCHEMA)
    wrong = [
        f"{item.file}: {item.case.name}: {error.message[:200]}"
        for item in worked
        for error in validator.iter_errors(json.loads(json.dumps(item.trace)))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_text_of_every_case_has_its_amount_and_no_code(worked: Sequence[Worked], language: Any) -> None:
    wrong = []
    for item in worked:
        text = render(item.trace, language)
        own = _without_quotations(text, item.trace)
        if CODE.search(own) or (item.trace["outcome"] == "paid" and item.trace["amount"] not in text):
            wrong.append(f"{item.file}: {item.case.name}: {CODE.findall(own)}")
    assert wrong == []


def _without_quotations(text: str, trace: Mapping[str, Any]) -> str:
    """What is ours: without the sentences of the documents, and without codes that only the facts know."""
    given = {value for row in trace["inputs"] for value in row.values() if isinstance(value, str)}
    for known in (trace["programme"]["quotation"], *given):
        text = text.replace(known, "")
    return re.sub(r"“[^”]*”", "", text)


def test_no_sentence_of_a_document_is_quoted_twice_in_one_text(worked: Sequence[Worked]) -> None:
    for item in worked[::7]:
        quoted = re.findall(r"(?:依据|市级规定)(.*)", render(item.trace, "zh"))
        sentences = [line.split("(自")[0] for line in quoted]
        assert len(sentences) == len(set(sentences)), item.case.name
