"""Bounded text for request shapes: no control characters, no surrounding blanks, never empty unless said."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema


def _plain(text: str) -> str:
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise ValueError("control characters are not allowed 不允许控制字符")
    return text


class _Shown:
    """Says in the document what ``_plain`` checks."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": r"^[^\x00-\x1f\x7f-\x9f]+$"}


PLAIN, SHOWN = AfterValidator(_plain), _Shown()
"""For texts of other lengths: ``Annotated[str, StringConstraints(...), PLAIN, SHOWN]``."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$")]
"""An identifier made by a client: letters, digits and ``. _ : / -``."""
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), PLAIN, SHOWN]
"""One line up to 100 characters: a name, a title."""
LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), PLAIN, SHOWN]
"""A paragraph up to 2,000 characters: a reason, facts."""
