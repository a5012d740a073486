"""Nobody overwrites what he has not read."""

import pytest
from fastapi import Request

from shared.errors import PreconditionFailed, PreconditionRequired
from shared.etag import check_if_match, etag


def request(if_match: str | None) -> Request:
    headers = [] if if_match is None else [(b"if-match", if_match.encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize("header", ['"3"', '"1", "3"', ' "3" ', '"3","9"'])
def test_the_version_that_was_read_may_be_changed(header: str) -> None:
    check_if_match(request(header), 3)


@pytest.mark.parametrize("header", ['"2"', "3", "", "*", 'W/"3"', '"33"', '"3', '"3" x'])
def test_any_other_tag_is_412(header: str) -> None:
    with pytest.raises(PreconditionFailed):
        check_if_match(request(header), 3)


def test_without_the_header_it_is_428() -> None:
    with pytest.raises(PreconditionRequired):
        check_if_match(request(None), 3)


def test_a_tag_is_a_quoted_version() -> None:
    assert etag(12) == '"12"'
