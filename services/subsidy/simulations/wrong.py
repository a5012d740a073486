"""What is wrong with a change, by the loader's own checks and sentences, by JSON pointer into the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.subsidy.engine import Pack
from services.subsidy.engine.checks import Known, Refuse
from services.subsidy.engine.model import Source
from services.subsidy.engine.sentences import SENTENCES
from services.subsidy.engine.wiring import known_to
from shared.errors import FieldError

MOST = 50


@dataclass
class Wrong:
    """Collects; the same thing said of two packs counts once."""

    errors: list[FieldError] = field(default_factory=list)

    def at(self, *place: int | str) -> Refuse:
        """``refuse(loc, code, **arguments)`` for the loader's checks, below a place of the request."""

        def refuse(loc: Sequence[int | str], code: str, /, **arguments: object) -> None:
            english, chinese = SENTENCES[code]
            words = {name: str(value) for name, value in arguments.items()}
            self.say((*place, *loc), code, f"{english.format(**words)}.", f"{chinese.format(**words)}。")

        return refuse

    def say(self, place: Sequence[int | str], code: str, en: str, zh: str) -> None:
        """Note one thing."""
        found = FieldError.of("".join(f"/{part}" for part in place), code, en, zh)
        if found not in self.errors and len(self.errors) < MOST:
            self.errors.append(found)


def known_of(pack: Pack) -> Known:
    """What a change may name. The documents are known by what the pack quotes of them."""
    content, quoted = pack.content, dict[str, list[str]]()
    conditions = (condition for law in pack.programmes.values() for condition in law.conditions)
    sources: list[Source] = [*pack.programmes.values(), *conditions, *content.parameters.values()]
    for source in sources:
        quoted.setdefault(source.document, []).append(source.quotation)
    texts = {
        document: (document, "\n".join(found)) for document, found in quoted.items() if document in content.documents
    }
    return known_to(pack.programmes, content.labels, texts)
