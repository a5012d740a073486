"""Entity tags from row versions, so that nobody overwrites what he has not read."""

from __future__ import annotations

from fastapi import Request

from shared.errors import Malformed, PreconditionFailed, PreconditionRequired

LONGEST = 100
"""Characters of an If-Match field."""


def etag(version: int) -> str:
    """The strong entity tag of a row's version."""
    return f'"{version}"'


def check_if_match(request: Request, version: int) -> None:
    """PreconditionRequired (428) without If-Match, PreconditionFailed (412) when it names another version, Malformed
    (400) when it is longer than any that we gave."""
    given = request.headers.get("if-match")
    if given is None:
        raise PreconditionRequired
    if len(given) > LONGEST:
        raise Malformed("If-Match is too long.", "If-Match 过长。")
    if etag(version) not in {part.strip() for part in given.split(",")}:
        raise PreconditionFailed
