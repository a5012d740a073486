"""What is a character of a text and of a name: one definition for every way in, REST, files and settings alike.

A text is what somebody can see: letters of every script, their marks, digits, punctuation, symbols, plain blanks. It
holds no control or format character (so nothing turns its direction or hides in it), no row of selectors, none of
private use, none that is unassigned, no lone mark, no line separator. A name is stricter still, for a bank and a
spreadsheet read it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema

FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
"""What a spreadsheet takes for the beginning of a formula, full-width and small forms among them."""
_COMMON = re.compile(r"[ -~\u3001-\u3011\u4e00-\u9fa5\uff08\uff09\uff0c]*")
"""What nearly every text is made of; the rest is looked at one by one."""
_BLANKS = frozenset(" \u3000\u00a0")
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\ufffd")
"""Letters, marks and symbols that show nothing, or that something was lost."""
SELECTORS = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Which of several shapes a character has: part of the spelling of names."""
_IDEOGRAPHS = range(0x20000, 0x40000)
"""Two planes of nothing but ideographs 汉字; newer ones than Python's tables know are in use in names."""
_PICTURES = 0x1F000
_MOST_MARKS = 8


def is_text(text: str) -> bool:
    """Whether a text holds nothing but what can be seen."""
    return bool(_COMMON.fullmatch(text)) or _is_seen(text)


def is_name(text: str) -> bool:
    """Whether a text can be the name of a person, an organisation or a bank: text with a letter or a digit in it, no
    picture, no blank that is not plain, and no formula to a spreadsheet."""
    if not is_text(text) or "\u00a0" in text or text.lstrip().startswith(tuple(FORMULA)):
        return False
    kinds = {_kind(character) + ("*" if ord(character) >= _PICTURES else "") for character in text}
    return any(kind[0] in "LN" for kind in kinds) and not any(kind[0] == "S" and kind[-1] == "*" for kind in kinds)


def _is_seen(text: str) -> bool:
    marks, base, selected = 0, False, False
    for character in text:
        kind = _kind(character)
        if kind[0] == "M":
            marks += 1
            selects = bool(SELECTORS.match(character))
            if not base or marks > _MOST_MARKS or character in _UNSEEN or (selects and selected):
                return False
            selected = selected or selects
            continue
        selected = False
        marks, base = 0, kind[0] in "LN" or kind == "So"
        if (kind[0] in "CZ" and character not in _BLANKS) or character in _UNSEEN:
            return False
    return True


def _kind(character: str) -> str:
    point = ord(character)
    if point in _IDEOGRAPHS and point & 0xFFFF < 0xFFFE:
        return "Lo"
    return "Mn" if SELECTORS.match(character) else unicodedata.category(character)


def _text(text: str) -> str:
    if not is_text(text):
        raise ValueError("control, invisible and unassigned characters are not allowed 不允许控制字符和不可见字符")
    return text


def _name(text: str) -> str:
    if not is_name(_text(text)):
        raise ValueError("a name holds letters, and begins with none of = + - @ 名称须含文字,且不得以 = + - @ 开头")
    return text


class _Shown:
    """Says in the document what is checked, as far as a pattern can."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": PATTERN}


PATTERN = (
    r"^[^\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u2800\u3164\ue000-\uf8ff\ufeff\uffa0\ufff0-\uffff]+$"
)
PLAIN, NAMED, SHOWN = AfterValidator(_text), AfterValidator(_name), _Shown()
"""For texts and names of other lengths: ``Annotated[str, StringConstraints(...), PLAIN, SHOWN]``."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$")]
"""An identifier made by a client: letters, digits and ``. _ : / -``."""
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), PLAIN, SHOWN]
"""One line up to 100 characters: a title, a place."""
NameText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), NAMED, SHOWN]
"""A name up to 100 characters: of an organisation, a bank, the holder of an account."""
LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), PLAIN, SHOWN]
"""A paragraph up to 2,000 characters: a reason, facts."""
