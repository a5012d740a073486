"""A cursor is ours or it is a 422."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Invalid
from shared.paging import decode_cursor, encode_cursor

TEXT = st.text(st.characters(categories=("L", "N", "P", "S", "Z")))


@given(st.lists(st.one_of(TEXT, st.integers(-(2**63), 2**63 - 1)), max_size=4))
def test_a_cursor_gives_back_its_parts(parts: list[str | int]) -> None:
    assert decode_cursor(encode_cursor(*parts), tuple(type(part) for part in parts)) == parts


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


HOSTILE = [
    "", "x", "====", "张三", "\0", "a" * 5, "'; DROP TABLE x; --", encoded(None), encoded(5), encoded({"0": 1}),
    encoded([]), encoded([1, 2]), encoded(["1"]), encoded([1.0]), encoded([True]), encoded([None]), encoded([[1]]),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(), base64.urlsafe_b64encode(b"[1").decode(),
    base64.urlsafe_b64encode(b"[NaN]").decode(), base64.urlsafe_b64encode(b"[" * 300_000).decode(),
    base64.urlsafe_b64encode(b"[" + b"9" * 5000 + b"]").decode(),
    encoded([2**63]), encoded([-(2**63) - 1]),
]  # fmt: skip


@pytest.mark.parametrize("cursor", HOSTILE, ids=[f"{i}-{c[:20]!r}" for i, c in enumerate(HOSTILE)])
def test_whatever_no_page_gave_out_is_refused_as_the_client_s_error(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode_cursor(cursor, (int,))
    assert refused.value.errors[0].pointer == "/query/cursor"


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_no_database_can_hold_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        decode_cursor(encoded([text]), (str,))


@given(st.text(max_size=60))
def test_no_text_makes_decoding_fail_otherwise(cursor: str) -> None:
    try:
        decode_cursor(cursor, (int, str))
    except Invalid:
        return
    raise AssertionError("a random text is not a cursor")
