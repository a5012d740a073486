"""Entity tags from row versions, so that nobody overwrites what he has not read."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Request

from shared.errors import Malformed, PreconditionFailed, PreconditionRequired

LONGEST = 100
"""Characters of an If-Match field."""


def etag(version: int) -> str:
    """The strong entity tag of a row's version."""
    return f'"{version}"'


IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=LONGEST, description="The ETag you read; stale answers 412 读取时的 ETag"),
]
"""For what adds to a thing: who names the version that he read is told when it is another one by now."""


def check_version(if_match: str | None, version: int) -> None:
    """PreconditionFailed (412) when the caller names versions and it is none of these."""
    if if_match is not None and etag(version) not in {part.strip() for part in if_match.split(",")}:
        raise PreconditionFailed


def check_if_match(request: Request, version: int) -> None:
    """For what replaces or decides what was read: PreconditionRequired (428) without If-Match, PreconditionFailed (412)
    when it names another version, Malformed (400) when it is longer than any that we gave."""
    given = request.headers.get("if-match")
    if given is None:
        raise PreconditionRequired
    if len(given) > LONGEST:
        raise Malformed("If-Match is too long.", "If-Match 过长。")
    check_version(given, version)
