"""Why a pack is refused: one sentence with file, line, key and the mend, in English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from services.subsidy.engine.sentences import SENTENCES

Language = Literal["en", "zh"]


@dataclass(frozen=True, order=True)
class Place:
    """A spot in a policy file."""

    file: str
    line: int
    key: str


@dataclass(frozen=True)
class Refusal:
    """One thing that is wrong, and how to mend it."""

    place: Place
    code: str
    arguments: dict[str, str] = field(default_factory=dict)

    def sentence(self, language: Language = "en") -> str:
        """``file, line n, key k: what is wrong; the mend.``"""
        english, chinese = SENTENCES[self.code]
        if language == "zh":
            return f"{self.place.file} 第 {self.place.line} 行 {self.place.key}:{chinese.format(**self.arguments)}。"
        return f"{self.place.file}, line {self.place.line}, key {self.place.key}: {english.format(**self.arguments)}."


class PackRefused(Exception):  # noqa: N818  # reads as what happened
    """The packs on disk are not fit for use; ``refusals`` names everything to mend."""

    def __init__(self, refusals: list[Refusal]) -> None:
        once = {refusal.sentence(): refusal for refusal in refusals}
        self.refusals = sorted(once.values(), key=lambda refusal: refusal.place)
        super().__init__("\n".join(refusal.sentence() for refusal in self.refusals))
