"""What generators of clients need of the four OpenAPI documents, and what every answer is said to be."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from shared.examples import UNKNOWN
from tests.support.documents import SERVICES, document_of, operations

EACH = pytest.mark.parametrize("service", SERVICES)


def content(service: str, *, answers: bool) -> list[tuple[str, dict[str, Any]]]:
    """Every media type of every success answer, or of every body."""
    found = []
    for _, _, operation in operations(service):
        name = operation["operationId"]
        parts = (
            [part for status, part in operation["responses"].items() if int(status) < 300]
            if answers
            else [operation.get("requestBody", {})]
        )
        found += [(f"{name} {kind}", media) for part in parts for kind, media in part.get("content", {}).items()]
    return found


@EACH
def test_names_can_be_written_in_every_language_and_are_one_thing_s_each(service: str) -> None:
    document = document_of(service)
    validate(document)
    ids = [operation["operationId"] for _, _, operation in operations(service)]
    assert [
        name for name, times in Counter(ids).items() if times > 1 or not re.fullmatch("[a-z]+([A-Z][a-z]*)+", name)
    ] == []
    names = document["components"]["schemas"]
    assert [name for name in names if not re.fullmatch("[A-Z][A-Za-z0-9]*", name)] == []
    assert Counter(name.lower() for name in names).most_common(1)[0][1] == 1
    tags = {tag["name"] for tag in document["tags"]}
    assert [tag for tag in tags if not re.fullmatch("[a-z]+(-[a-z]+)*", tag)] == []
    assert {tag for _, _, operation in operations(service) for tag in operation["tags"]} == tags
    assert [tag for tag in document["tags"] if not re.search("[\u4e00-\u9fff]", tag["description"])] == []


@EACH
def test_an_operation_s_name_does_not_follow_its_path(service: str) -> None:
    assert [
        o["operationId"] for _, _, o in operations(service) if re.search("v1|[_{]|Get$|Post$", o["operationId"])
    ] == []


@EACH
def test_every_body_has_one_name_and_one_shape_that_generators_read(service: str) -> None:
    readable = re.compile(r"application/([a-z-]+\+)?json|multipart/form-data")
    for name, media in content(service, answers=False):
        assert readable.fullmatch(name.split()[1]), name
        schema = media["schema"].get("items", media["schema"])
        assert "$ref" in schema or "anyOf" in schema, name
    mixed = Counter(name.split()[0] for name, _ in content(service, answers=False) if not name.endswith("json"))
    assert set(mixed.values()) <= {1}


def texts(value: Any) -> list[Any]:
    """Every plain value of an example."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts(each)]
    return [text for each in value for text in texts(each)] if isinstance(value, list) else [value]


@EACH
def test_no_field_is_one_of_two_lists_which_java_cannot_tell_apart(service: str) -> None:
    schemas = document_of(service)["components"]["schemas"]
    choices = [
        (name, field)
        for name, schema in schemas.items()
        for field, said in schema.get("properties", {}).items()
        if sum(one.get("type") == "array" for one in said.get("anyOf", [])) > 1
    ]
    assert choices == []


@EACH
def test_every_success_answer_shows_an_example_that_fits_its_schema(service: str) -> None:
    document = document_of(service)
    shown = content(service, answers=True)
    assert shown
    for name, media in shown:
        whole = {**media["schema"], "components": document["components"]}
        Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(media["example"])
        assert UNKNOWN not in texts(media["example"]), name
        assert media["example"] not in ({}, [{}], ""), name


def heads(operation: dict[str, Any], status: str) -> set[str]:
    """The fields that an answer's head is said to have."""
    return set(operation["responses"][status].get("headers", {}))


@EACH
def test_quota_repeats_versions_and_waiting_are_documented_for_every_operation(service: str) -> None:
    document = document_of(service)
    for method, path, operation in operations(service):
        answers = operation["responses"]
        assert {"401", "403", "422", "429", "503"} <= answers.keys(), path
        assert all({"RateLimit", "RateLimit-Policy"} <= heads(operation, status) for status in answers), path
        assert "Retry-After" in heads(operation, "429") & heads(operation, "503")
        assert "WWW-Authenticate" in heads(operation, "401")
        for status in answers:
            if int(status) >= 300:
                continue
            assert ("Idempotency-Replayed" in heads(operation, status)) == (method == "post"), path
            reference = answers[status].get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
            schema = document["components"]["schemas"].get(reference.rpartition("/")[2], {})
            assert "ETag" in heads(operation, status) or "version" not in schema.get("properties", {}), path
        assert "304" not in answers or "ETag" in heads(operation, "304") & heads(operation, "200")
    for header in document["components"]["headers"].values():
        assert {"description", "schema", "example"} <= header.keys()
