"""Bodies are bounded before anybody reads them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import bodies
from shared.bodies import TooManyValues
from shared.errors import Invalid, Malformed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a,[]{}"\\'),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(alphabet='b,]"\\'), inner, max_size=6),
    max_leaves=30,
)


def values(tree: Any) -> int:
    """How many values and empty places a body holds, as its commas and brackets tell."""
    inner = list(tree.values()) if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return bool(inner) * (len(inner) - 1) + isinstance(tree, dict | list) + sum(map(values, inner))


def depth(tree: Any) -> int:
    """How deeply its lists and objects lie in each other."""
    inner = list(tree.values()) if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return isinstance(tree, dict | list) + max(map(depth, inner), default=0)


def refusal(body: bytes, most: int, deepest: int) -> type[Exception] | None:
    try:
        asyncio.run(bodies.check(body, most, deepest))
    except (TooManyValues, Invalid, Malformed) as error:
        return type(error)
    return None


@given(JSON)
def test_a_body_at_its_bounds_is_taken_and_one_over_them_is_refused(tree: Any) -> None:
    body = json.dumps(tree).encode()
    assert refusal(body, values(tree), depth(tree)) is None
    if values(tree):
        assert refusal(body, values(tree) - 1, 100) is TooManyValues
    if depth(tree):
        assert refusal(body, 1000, depth(tree) - 1) in {Invalid, Malformed}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{" + b",".join(b'"k%d":1' % n for n in range(600_000)) + b"}", TooManyValues),
        (b'{"scores":{' + b",".join(b'"%d":1' % n for n in range(580_000)) + b"}}", TooManyValues),
        (b"[" + b"[]," * 600_000 + b"[]]", TooManyValues),
        (b"[" * 200_000, Malformed),
        (b"[" * 900 + b"]" * 900, Invalid),
        (b'"' + b"," * 7_000_000 + b'"', None),
        (b'"' + b'\\"[' * 2_000_000, None),
    ],
    ids=["keys", "scores", "lists", "endless", "deep", "commas in a text", "a text that never ends"],
)
def test_a_hostile_body_is_refused_before_it_is_read(body: bytes, kind: type[Exception] | None) -> None:
    assert refusal(body, bodies.VALUES_LIMIT, bodies.DEPTH_LIMIT) is kind
