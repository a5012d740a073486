"""A body before anybody looks into it: its bytes, how many values it holds and how deeply they lie in each other."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from shared.errors import Invalid, Malformed, Problem, TooLarge, UnsupportedMediaType

BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of a request's body, unless the route says ``max_body_size``."""
VALUES_LIMIT = 20_000
"""Values of a JSON body, names of fields not counted, unless the route says ``max_values``."""
DEPTH_LIMIT = 64
AT_ONCE = 64 * 1024
"""Bytes of JSON that are read on the spot; more of it is read in a thread."""
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]|,|[^"\[\]{},]++', re.DOTALL)

_SKELETON = re.compile(rb'"(?:[^"\\]++|\\.)*+"|"|[\[{]++|[\]}]++', re.DOTALL)
_COMMA = re.compile(b",")
SKELETON_LIMIT = 1_000_000
"""Texts and brackets of a list that is taken apart."""


class TooManyValues(TooLarge):
    """More values than any request of this route has."""

    slug, title_en, title_zh = (
        "too-many-values",
        "The body holds too many values",
        "请求正文的数据项过多",
    )


class BodyRequest(Request):
    """A request whose body was read and found bounded."""

    def __init__(self, scope: Scope, receive: Receive, body: bytes) -> None:
        super().__init__(scope, receive)
        self._body = body

    async def json(self) -> Any:  # noqa: ANN401  # whatever JSON holds
        """The body's value, read in a thread where it is long."""
        if len(self._body) <= AT_ONCE:
            return json.loads(self._body)
        return await asyncio.to_thread(json.loads, self._body)


async def read(request: Request, most: int) -> bytes:
    """The body; 413 when it grows over so many bytes, whatever length was told; 415 when it comes packed."""
    headers = request.headers
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise UnsupportedMediaType("Send the body as it is, without Content-Encoding.", "请求正文不支持压缩编码。")
    told = headers.get("content-length", "")
    if told.isdecimal() and (len(told) > 12 or int(told) > most):
        raise HTTPException(413)
    pieces: list[bytes] = []
    seen, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece, more = message.get("body", b""), message.get("more_body", False)
        seen += len(piece)
        if seen > most:
            raise HTTPException(413)
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def check(body: bytes, values: int, depth: int = DEPTH_LIMIT) -> None:
    """Bound JSON before it is read. TooManyValues (413), or Invalid (422) where it is nested too deeply.

    Commas and brackets are never fewer than the values, so that hardly any body has to be looked at closely.
    """
    opened = body.count(b"{") + body.count(b"[")
    if opened <= depth and opened + body.count(b",") <= values:
        return
    if len(body) <= AT_ONCE:
        _look_closely(body, values, depth)
    else:
        await asyncio.to_thread(_look_closely, body, values, depth)


def _look_closely(body: bytes, values: int, depth: int) -> None:
    """Count outside of texts, and stop at the bound."""
    seen = level = 0
    for token in _TOKEN.finditer(body):
        first = body[token.start()]
        if first in b"[{":
            seen, level = seen + 1, level + 1
            if level > depth:
                raise _too_deep(body, depth)
        elif first in b"]}":
            level -= 1
        elif first == ord(b","):
            seen += 1
        if seen > values:
            raise TooManyValues(f"The body holds more than {values} values.", f"请求正文超过 {values} 个数据项。")


def items(body: bytes, most: int) -> list[bytes] | None:
    """The texts of a JSON list's items, so that one that cannot be read harms no other; None where quotes, brackets and
    commas do not tell them apart. Of more than ``most`` the rest is left out. TooManyValues (413) where it takes long.
    """
    text = body.strip(b" \t\r\n")
    if len(text) < 2 or text[:1] + text[-1:] != b"[]":
        return None
    ends = _ends(text, most)
    if ends is None:
        return None
    pieces = [text[start + 1 : end].strip(b" \t\r\n") for start, end in pairwise([0, *ends])]
    if pieces == [b""]:
        return []
    return pieces if all(pieces) else None


def _ends(text: bytes, most: int) -> list[int] | None:
    """Where the items of a list end, whose own brackets stand at both ends of the text."""
    ends: list[int] = []
    level, place, last = 0, 1, len(text) - 1
    for number, token in enumerate(_SKELETON.finditer(text, 1, last)):
        start, end = token.span()
        if number == SKELETON_LIMIT:
            raise TooManyValues
        if level == 0:
            ends += _commas(text, place, start, most)
        if len(ends) > most:
            return ends
        first, place = text[start], end
        if first in b"[{":
            level += end - start
        elif first in b"]}":
            level -= end - start
        if level < 0 or (first in b'"' and end - start == 1):  # closed too early, or a text without an end
            return None
    return None if level else [*ends, *_commas(text, place, last, most), last]


def _commas(text: bytes, start: int, end: int, most: int) -> Iterator[int]:
    return (comma.start() for comma in islice(_COMMA.finditer(text, start, end), most + 1))


def _too_deep(body: bytes, depth: int) -> Problem:
    """What never closes its brackets is no JSON at all."""
    closed = all(body.count(one) == body.count(other) for one, other in ((b"{", b"}"), (b"[", b"]")))
    kind = Invalid if closed else Malformed
    return kind(f"The body is nested more than {depth} levels deep.", f"请求正文嵌套超过 {depth} 层。")
