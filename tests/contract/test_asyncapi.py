"""A downloaded AsyncAPI file is valid alone, by the schema that the AsyncAPI Initiative publishes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from shared.contracts.asyncapi import FOLDER

OFFICIAL = Path(__file__).with_name("asyncapi-3.0.0.json")
"""``3.0.0.json`` of the npm package ``@asyncapi/specs`` 6.11.1, Apache License 2.0, without its blanks."""
FILES = sorted(FOLDER.glob("*.yaml"))


@cache
def validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(OFFICIAL.read_text(encoding="utf-8")))


def read(file: Path) -> dict[str, Any]:
    """The document as anybody's tool reads it: plain JSON values."""
    document: dict[str, Any] = json.loads(
        json.dumps(YAML(typ="safe").load(file.read_text(encoding="utf-8")), default=str)
    )
    return document


def references(node: Any) -> Iterator[str]:
    """Every reference of a document."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if key == "$ref" and isinstance(value, str):
            yield value
        yield from references(value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_downloaded_document_is_valid_and_names_nothing_beside_itself(file: Path) -> None:
    document = read(file)
    assert [f"{list(error.instance_path)}: {error.message}" for error in validator().iter_errors(document)] == []
    found = set(references(document))
    assert len(found) > 10
    for reference in found:
        assert reference.startswith("#/"), reference
        node: Any = document
        for part in reference[2:].split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        assert node


@pytest.mark.parametrize("wrong", [{"asyncapi": "2.0.0"}, {"info": {}}, {"operations": {"x": {"action": "shout"}}}])
def test_what_is_no_document_is_found(wrong: dict[str, Any]) -> None:
    assert len(FILES) == 4
    assert not validator().is_valid(read(FILES[0]) | wrong)
