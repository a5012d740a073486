"""What a name can be found by (姓名检索): its characters and pairs of them, every pinyin reading, its initials."""

import re
import unicodedata
from functools import cache
from itertools import product
from math import prod

from pypinyin import Style, pinyin

from shared.text import SELECTORS

MIDDLE_DOTS = re.compile(r"[\s.·•・‧∙⋅･]+")  # U+00B7 is the standard one; imports carry the others
LATIN_OR_HAN = re.compile(r"[a-z0-9]+|[^a-z0-9]+")
READINGS_AT_MOST = 64
RADICALS = str.maketrans("⻁⻄⻅⻉⻋⻓⻔⻘⻙⻚⻛⻜⻢⻥⻦⻨⻩⻬⻰\ue863", "虎西见贝车长门青韦页风飞马鱼鸟麦黄齐龙䶮")
"""Characters that some input methods and old code tables give for others, and that no normal form of Unicode unites."""
U_UMLAUT = re.compile("u:|ü")
LYU = re.compile("([ln])yu")
RULES = 2
"""Version of what names are indexed by: raise it with every change here, and names on file are indexed anew by the job
`registry.index-names`."""
MOST_TERMS = 24
"""Different parts of one search; a name of 25 characters has so many pairs."""


def index_tokens(name: str) -> frozenset[str]:
    """Every token of a name; a kind letter in front keeps pinyin words and initials apart."""
    tokens: set[str] = set()
    parts = _parts(name)
    for part in parts:
        tokens |= {f"w:{part}"} if part.isascii() else _han_tokens(part)
    if len(parts) > 1 and not any(part.isascii() for part in parts):  # somebody looks for it without the dot
        tokens |= _han_tokens("".join(parts))
    return frozenset(tokens)


def query_tokens(query: str) -> list[frozenset[str]]:
    """What to look for, each part once: a name fits when it has at least one token of every set."""
    terms: list[frozenset[str]] = []
    for part in _parts(query):
        if part.isascii():
            spellings = {part, LYU.sub(r"\1v", part)}
            terms.append(frozenset(f"{kind}:{one}" for one in spellings for kind in "wpsi"))
        elif len(part) == 1:
            terms.append(frozenset({f"c:{part}"}))
        else:
            terms += [frozenset({f"b:{pair}"}) for pair in _pairs(part)]
    return list(dict.fromkeys(terms))


def _parts(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", SELECTORS.sub("", text)).translate(RADICALS).casefold()
    plain = U_UMLAUT.sub("v", plain)
    return [part for word in MIDDLE_DOTS.split(plain) for part in LATIN_OR_HAN.findall(word)]


def _pairs(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(len(text) - 1)]


def _han_tokens(text: str) -> set[str]:
    readings = [readings_of(character) for character in text]
    tokens = {f"c:{character}" for character in text} | {f"b:{pair}" for pair in _pairs(text)}
    tokens |= {f"s:{reading}" for each in readings for reading in each}
    for spelling in _spellings(readings):
        # the whole, what follows a surname of one character, and of two 欧阳、司徒、上官
        tokens |= {f"p:{''.join(spelling[begin:])}" for begin in range(3)}
        tokens |= {f"i:{''.join(s[0] for s in spelling[begin:])}" for begin in (0, 2)}
    return tokens - {"p:", "i:"}


def _spellings(readings: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Every way to read the whole name; a very long one is read with each character's first reading only."""
    known = [each for each in readings if each]
    if not known:
        return []
    if prod(len(each) for each in known) > READINGS_AT_MOST:
        known = [each[:1] for each in known]
    return list(product(*known))


@cache
def readings_of(character: str) -> tuple[str, ...]:
    """Every reading of one character without tones, empty for a rare character that has none on file."""
    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore", v_to_u=False)
    return tuple(dict.fromkeys(found[0])) if found else ()
