"""A simulation as CSV for spreadsheets: UTF-8 with its mark in front, and no cell that could become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula."""
MARK = "\ufeff"


class Number(str):
    """A cell that is a number: its minus is no formula."""

    __slots__ = ()


def write(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """The table as bytes, with a mark that tells Excel its encoding."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return (MARK + text.getvalue()).encode()


def harmless(cell: str) -> str:
    """The cell as text: what a spreadsheet would calculate gets an apostrophe in front."""
    return f"'{cell}" if not isinstance(cell, Number) and cell.startswith(FORMULA) else cell
