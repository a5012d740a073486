"""A simulation as one bar chart (SVG): what each place or month costs today and as changed. No scripts, no fonts.

Widths of text are estimated from its characters, so that labels fit whatever font the reader has.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from shared.money import to_yuan

WIDTH, MARGIN, LABELS_END = 960, 24, 250
TITLE, SMALL, ROW, BAR = 20, 14, 62, 20
VALUES = 170
"""Room to the right of the longest bar, for what it stands for."""
MOST = 36
"""Bars beyond this number would not be read; the last row then stands for the rest."""
TODAY, CHANGED = "现行 today", "调整后 changed"
STYLE = (
    "svg{--page:#ffffff;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--today:#6e7f91;--changed:#0b62c4}"
    "@media (prefers-color-scheme:dark){svg{--page:#15191e;--ink:#f0f3f6;--soft:#a5b0bb;--line:#3d444d;"
    "--today:#8b9bab;--changed:#58a6ff}}"
    "text{font-family:'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif;"
    "fill:var(--ink)}"
    ".page{fill:var(--page)}.soft{fill:var(--soft)}.line{stroke:var(--line);stroke-width:1}"
    ".today{fill:var(--today)}.changed{fill:var(--changed)}"
)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Bars:
    """A place or a month with both costs in fen; None when it may not be shown."""

    zh: str
    en: str
    today_fen: int | None
    changed_fen: int | None


def draw(title: str, about: Sequence[str], bars: Sequence[Bars]) -> bytes:
    """The chart as a standalone SVG document; ``about`` is one line per language."""
    shown = folded(bars)
    top = MARGIN + TITLE + (SMALL + 6) * len(about) + 2 * SMALL + 30
    height = top + ROW * max(len(shown), 1) + SMALL + MARGIN
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "width": str(WIDTH),
            "height": str(height),
            "role": "img",
            "aria-labelledby": "title desc",
        },
    )
    SubElement(root, "title", {"id": "title"}).text = clean(title)
    SubElement(root, "desc", {"id": "desc"}).text = clean(" ".join(about))
    SubElement(root, "style").text = STYLE
    SubElement(root, "rect", {"class": "page", "width": str(WIDTH), "height": str(height)})
    _head(root, title, about)
    longest = max((_longer(bar) for bar in shown), default=0)
    attributes = {"class": "line", "x1": str(LABELS_END), "x2": str(LABELS_END)}
    SubElement(root, "line", attributes | {"y1": str(top - 8), "y2": str(height - MARGIN - SMALL)})
    for place, bar in enumerate(shown):
        _row(root, bar, top + ROW * place, longest)
    if not shown:
        _text(root, "没有可显示的费用 nothing to show", MARGIN, top + ROW // 2, SMALL, soft=True)
    _text(root, "单位:元 yuan", MARGIN, height - MARGIN, SMALL, soft=True)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def folded(bars: Sequence[Bars]) -> list[Bars]:
    """At most as many rows as can be read; the shortest become one."""
    if len(bars) <= MOST:
        return list(bars)
    kept = sorted(range(len(bars)), key=lambda place: -_longer(bars[place]))[: MOST - 1]
    rest = [bar for place, bar in enumerate(bars) if place not in kept]
    sums = [sum(getattr(bar, name) or 0 for bar in rest) for name in ("today_fen", "changed_fen")]
    return [bars[place] for place in sorted(kept)] + [Bars(f"其余{len(rest)}项", f"{len(rest)} others", *sums)]


def _longer(bar: Bars) -> int:
    return max(bar.today_fen or 0, bar.changed_fen or 0)


def width_of(text: str, size: int) -> float:
    """How wide a text may become: a full square for Chinese, less for the rest."""
    return sum(size if unicodedata.east_asian_width(one) in "WFA" else size * 0.62 for one in text)


def fitted(text: str, size: int, room: float) -> str:
    """The text, cut with an ellipsis where the room ends."""
    if width_of(text, size) <= room:
        return text
    while text and width_of(text + "…", size) > room:
        text = text[:-1]
    return text + "…"


def clean(text: str) -> str:
    """The text without characters that XML does not know, in one line."""
    return " ".join(_NOT_XML.sub("", text).split())


def _head(root: Element, title: str, about: Sequence[str]) -> None:
    across, base = MARGIN, MARGIN + TITLE
    _text(root, title, across, base, TITLE, room=WIDTH - 2 * MARGIN)
    for line in about:
        base += SMALL + 6
        _text(root, line, across, base, SMALL, soft=True, room=WIDTH - 2 * MARGIN)
    base += SMALL + 14
    for name, label in (("today", TODAY), ("changed", CHANGED)):
        box = {"class": name, "x": str(across), "y": str(base - 11), "width": "14", "height": "12"}
        SubElement(root, "rect", box)
        _text(root, label, across + 20, base, SMALL)
        across += 20 + round(width_of(label, SMALL)) + 28


def _row(root: Element, bar: Bars, top: int, longest: int) -> None:
    room = LABELS_END - MARGIN - 12
    _text(root, bar.zh, LABELS_END - 10, top + 16, SMALL, end=True, room=room)
    _text(root, bar.en, LABELS_END - 10, top + 36, SMALL, end=True, soft=True, room=room)
    for name, fen, base in (("today", bar.today_fen, top), ("changed", bar.changed_fen, top + BAR + 3)):
        length = round((WIDTH - LABELS_END - VALUES - MARGIN) * fen / longest, 1) if fen and longest else 0
        box = {"class": name, "x": str(LABELS_END), "y": str(base), "width": str(length), "height": str(BAR)}
        SubElement(root, "rect", box)
        shown = "不显示 hidden" if fen is None else amount(fen)
        _text(root, shown, LABELS_END + length + 8, base + 15, SMALL, room=VALUES)


def amount(fen: int) -> str:
    """Yuan with separators between thousands."""
    whole, _, rest = to_yuan(fen).partition(".")
    return f"{int(whole):,}.{rest}"


def _text(
    root: Element,
    words: str,
    x: float,
    y: float,
    size: int,
    *,
    end: bool = False,
    soft: bool = False,
    room: float = WIDTH,
) -> None:
    attributes = {"x": str(x), "y": str(y), "font-size": str(size)}
    attributes |= {"text-anchor": "end"} if end else {}
    attributes |= {"class": "soft"} if soft else {}
    SubElement(root, "text", attributes).text = fitted(clean(words), size, room)
