"""Every table that people open in a spreadsheet: UTF-8 with its mark in front, and no cell that could become a formula.

A payment file is no such table: a bank reads it, and the true name of a holder stands in it to the letter. What a bank
could not read is refused on the way in, and held when it is on record already.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from shared.text import FORMULA, is_text

MARK = "\ufeff"
_FORMULA = re.compile(f"[^\\w{re.escape(FORMULA)}|%]*[{re.escape(FORMULA)}|%]")
"""A sign of a formula before any letter: spreadsheets look past blanks, quotes and what cannot be seen."""
_FIRST = "\t\r\n"


class Number(str):
    """A cell that is a number: its minus is no formula."""

    __slots__ = ()


def write(first: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The table as bytes, with a mark that tells Excel its encoding."""
    return head(first) + piece(rows)


def head(first: Sequence[str]) -> bytes:
    """The mark and the first row; pieces follow it."""
    return MARK.encode() + piece([first])


def piece(rows: Iterable[Sequence[object]]) -> bytes:
    """Some rows of a table that goes out piece by piece."""
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def harmless(cell: object) -> str:
    """The cell as text: what a spreadsheet would calculate gets an apostrophe, what cannot be seen is shown."""
    if isinstance(cell, Number | int) or cell is None:
        return "" if cell is None else str(cell)
    text = str(cell)
    risky = text.startswith(tuple(_FIRST)) or _FORMULA.match(text)
    shown = text if is_text(text) else "".join(_shown(character) for character in text)
    return f"'{shown}" if risky else shown


def _shown(character: str) -> str:
    return character if character in _FIRST or is_text(f"a{character}") else f"\\u{ord(character):04x}"
