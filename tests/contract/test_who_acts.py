"""Nobody who acts is named by typed text: every free text of every request is known for what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.migrations.run import SERVICES
from tests.contract.test_bounds import Json, requests

SAYS = {
    "what happened, why, on what paper": (
        "commitment_no correction_reason document_no facts note opinion purpose reason reference summary verification"
    ),
    "how and where": "channels method source text",
    "an authority, a bank, a file": "bank file_name issuer",
    "whom it is about, not who acts": "holder identity_number name phone social_credit_code worker_key",
    "a code of a catalogue or a pack": (
        "any_of choice code column document drop effects ground legal_basis list_kind members parameter programme"
        " programmes test"
    ),
    "a month, a region, an amount, a digest": (
        "account amount first_month from_month last_month month other_hash pack pack_hash parent photo_sha256 region"
        " sha256 value"
    ),
    "what the protocol needs": (
        "Idempotency-Key If-Match If-None-Match after ce-id ce-source ce-specversion ce-time ce-type cursor"
        " datacontenttype event_id id topics"
    ),
    "a draft of the law": "label_en label_zh override snapshot",
    "a vendor's opaque code of a thing or of a person in the field, who decides nothing": (
        "device_id witness_ref worker_ref"
    ),
    "names that a form prints; who files it is known by the token": "assessors",
}
"""By what it says: the names of all free texts that a request may hold. Who acts is the token's subject, so there is no
line for approvers, deciders, members of a panel or whoever verifies."""
KNOWN = {name for names in SAYS.values() for name in names.split()}


def texts(node: Json, schemas: dict[str, Json], name: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names of the texts below a schema that are neither a date, an id nor a choice."""
    if "$ref" in node:
        target = node["$ref"].rpartition("/")[2]
        if target not in seen:
            yield from texts(schemas[target], schemas, name, seen | {target})
        return
    inner: list[Any] = [each for word in ("anyOf", "oneOf", "allOf", "prefixItems") for each in node.get(word, ())]
    inner += [node[word] for word in ("items", "additionalProperties") if isinstance(node.get(word), dict)]
    for each in inner:
        yield from texts(each, schemas, name, seen)
    for part, each in node.get("properties", {}).items():
        yield from texts(each, schemas, part, seen)
    if node.get("type") == "string" and not {"enum", "const", "format"} & node.keys():
        yield name


def test_every_free_text_of_a_request_is_known_and_none_says_who_acts() -> None:
    found = {
        name
        for service in SERVICES
        for place, schema, schemas in requests(service)
        for name in texts(schema, schemas, place.split()[-1])
    }
    assert found == KNOWN


@pytest.mark.parametrize("field", ["verified_by", "participants", "approver"])
def test_a_field_that_names_who_acts_would_be_found(field: str) -> None:
    schema = {"$ref": "#/components/schemas/Panel"}
    listed = {"type": "array", "items": {"type": "string", "maxLength": 9}}
    panel = {"type": "object", "properties": {"held": {"anyOf": [{"properties": {field: listed}}, {"type": "null"}]}}}
    assert set(texts(schema, {"Panel": panel}, "body")) == {field}
    assert field not in KNOWN
