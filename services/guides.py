"""The guides of ``docs/`` as pages beside the API documents, in the languages in which there are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

FOLDER = Path(__file__).parent.parent / "docs"
TEMPLATE = Path(__file__).parent / "docs_assets" / "guide.html"
OF_THE_HOUSE = {"mended", "mutations"}
"""How the code is kept, which nobody needs who uses it."""
CHINESE = ".zh-CN"
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Guide:
    """One page: its name, which is its file's, and its text in Markdown. ``others`` are the names that it may link."""

    name: str
    text: str
    others: frozenset[str]

    @property
    def title(self) -> str:
        """Its first heading: English, then Chinese; a Chinese page's is Chinese."""
        return self.text.partition("\n")[0].lstrip("# ")

    def called(self, language: str) -> str:
        """Its title in one language; the whole where it has none in that."""
        start = _HAN.search(self.title)
        parts = {"en": self.title[: start.start()], "zh": self.title[start.start() :]} if start else {}
        return parts.get(language, "").strip() or self.title

    @cached_property
    def html(self) -> str:
        """The page."""
        body = MarkdownIt("commonmark", {"html": False}).enable("table").render(_LINK.sub(self._linked, self.text))
        own, base = self.name.endswith(CHINESE), self.name.removesuffix(CHINESE)
        other = base if own else base + CHINESE
        switch = f'<a href="/docs/guides/{other}">{"English" if own else "中文"}</a>' if other in self.others else ""
        return TEMPLATE.read_text(encoding="utf-8").format(
            lang="zh-CN" if own else "en", title=escape(self.title), switch=switch, body=body
        )

    def _linked(self, link: re.Match[str]) -> str:
        """A link to another guide or to the world; what leads into the source is its words alone."""
        text, target = link.groups()
        name = target.partition("#")[0].removesuffix(".md")
        if "://" in target:
            return link.group()
        return f"[{text}](/docs/guides/{name})" if name in self.others else text


def read(folder: Path = FOLDER) -> dict[str, Guide]:
    """Every guide by its name."""
    texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.md"))}
    names = frozenset(texts) - OF_THE_HOUSE
    return {name: Guide(name, text, names) for name, text in texts.items() if name in names}


def listed(guides: dict[str, Guide]) -> str:
    """The list of them for the first page: each in the language of the page, where there is one in it."""
    return "\n".join(_item(guide, guides) for name, guide in guides.items() if not name.endswith(CHINESE))


def _item(guide: Guide, guides: dict[str, Guide]) -> str:
    chinese = guides.get(guide.name + CHINESE, guide)
    return (
        f'      <li><a lang="zh-CN" href="/docs/guides/{chinese.name}">{escape(chinese.called("zh"))}</a>'
        f'<a lang="en" href="/docs/guides/{guide.name}">{escape(guide.called("en"))}</a></li>'
    )
