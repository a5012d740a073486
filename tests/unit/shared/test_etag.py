"""Nobody overwrites what he has not read."""

import pytest
from fastapi import Request, Response

from shared.errors import PreconditionFailed, PreconditionRequired
from shared.etag import check_if_match, etag, is_held, of_content


def request(if_match: str | None) -> Request:
    headers = [] if if_match is None else [(b"if-match", if_match.encode())]
    return Request({"type": "http", "headers": headers})


OURS = '"3-0123456789abcdef"'


@pytest.mark.parametrize("header", ['"3"', '"1", "3"', ' "3" ', '"3","9"', OURS, f'"1", {OURS}'])
def test_the_version_that_was_read_may_be_changed(header: str) -> None:
    check_if_match(request(header), 3)


OTHERS = ['"2"', "3", "", "*", 'W/"3"', '"33"', '"3', '"3" x', "W/" + OURS, '"2-0123456789abcdef"', '"3-"', '"3-x"']


@pytest.mark.parametrize("header", OTHERS)
def test_any_other_tag_is_412(header: str) -> None:
    with pytest.raises(PreconditionFailed):
        check_if_match(request(header), 3)


def test_without_the_header_it_is_428() -> None:
    with pytest.raises(PreconditionRequired):
        check_if_match(request(None), 3)


def test_a_tag_is_a_quoted_version() -> None:
    assert etag(12) == '"12"'


HELD = [OURS, "W/" + OURS, f'"1", {OURS}', f'W/"1",W/{OURS} , "2"', "*", " * "]
NOT_HELD = ['"3"', OURS[1:-1], OURS[:-1], "", '"*"', f"W{OURS[1:]}", '"x, 3-0123456789abcdef"', f'{OURS[:-1]}0"']


@pytest.mark.parametrize("tag", [OURS, "W/" + OURS])
def test_who_names_a_tag_in_whatever_list_holds_it(tag: str) -> None:
    assert [field for field in HELD if not is_held(field, tag)] == []
    assert [field for field in NOT_HELD if is_held(field, tag)] == []


def test_two_contents_of_one_version_have_two_tags_that_both_may_be_changed() -> None:
    tags = set()
    for content in (b"{}", b"[]"):
        response = Response(content, headers={"etag": etag(3)})
        of_content(response)
        tags.add(response.headers["etag"])
        check_if_match(request(response.headers["etag"]), 3)
    assert len(tags) == 2
    other = Response(b"{}", headers={"etag": '"a hash of its own"'})
    of_content(other)
    assert other.headers["etag"] == '"a hash of its own"'
