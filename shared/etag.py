"""Entity tags: nobody overwrites what he has not read, and nobody reads again what he holds.

The tag of a thing with a version is that version and a digest of what is shown (``"3-1f0c9a5b2d4e6f70"``): with one
version two languages, two callers or two days may be shown different things. If-Match asks for the version alone.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Annotated

from fastapi import Header, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Malformed, PreconditionFailed, PreconditionRequired
from shared.headers import field

LONGEST = 100
"""Characters of an If-Match field."""
_VERSION = re.compile(r'"([0-9]+)(?:-[0-9a-f]{16})?"')
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_OF_CONTENT = (b"content-length", b"content-type", b"content-encoding")


def etag(version: int) -> str:
    """The strong entity tag of a row's version; the edge completes it when it knows what is shown."""
    return f'"{version}"'


def of_content(response: Response) -> None:
    """Complete the tag of a version with a digest of the answer."""
    tag = response.headers.get("etag", "")
    if _VERSION.fullmatch(tag):
        response.headers["etag"] = f'{tag[:-1]}-{blake2b(response.body, digest_size=8).hexdigest()}"'


def names_version(if_match: str, version: int) -> bool:
    """Whether one of the tags of an If-Match field is of this version."""
    found = (_VERSION.fullmatch(part.strip()) for part in if_match.split(","))
    return any(each is not None and each[1] == str(version) for each in found)


IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=LONGEST, description="The ETag you read; stale answers 412 读取时的 ETag"),
]
"""For what adds to a thing: who names the version that he read is told when it is another one by now."""


def check_version(if_match: str | None, version: int) -> None:
    """PreconditionFailed (412) when the caller names versions and it is none of these."""
    if if_match is not None and not names_version(if_match, version):
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


def is_held(if_none_match: str, tag: str) -> bool:
    """Whether an If-None-Match field names an answer's tag: weak comparison, ``*`` names any (RFC 9110, 13.1.2)."""
    return if_none_match.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(if_none_match)


class NotModified:
    """Answers 304 without a body where a GET or HEAD names the tag of the answer that it would get."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        reads = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        held = field(scope, b"if-none-match") if reads else None
        if held is None:
            await self.app(scope, receive, send)
            return
        same = False

        async def unless_held(message: Message) -> None:
            nonlocal same
            if message["type"] == "http.response.start" and message["status"] == 200:
                head = message["headers"]
                tag = next((value.decode("latin-1") for name, value in head if name == b"etag"), None)
                same = tag is not None and is_held(held, tag)
                if same:
                    message = {**message, "status": 304, "headers": [one for one in head if one[0] not in _OF_CONTENT]}
            elif same and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app(scope, receive, unless_held)
