"""A person's name: a text in which characters were lost or wrongly decoded on the way is nobody's."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from shared.text import NAMED, SHOWN

LOST = re.compile("[?？*＊¿]|锟斤|斤拷|烫烫烫|屯屯屯")
"""What programs write for a character that they cannot write, and what that becomes when it is read as GBK."""
LATIN = re.compile("[A-Za-z]")
HAN = re.compile("[\u4e00-\u9fa5]*")
BEYOND_LATIN = "\u2200"
DOTS = frozenset("∙⋅")
"""Mathematical signs that some input methods give for the middle dot of a name."""


def is_probable(name: str) -> bool:
    """Whether nothing in a name is a sign of loss: a sign for a lost character, a symbol (□ 〓 ¤), or UTF-8 that was
    read in another encoding (å¼ ä¸‰, 寮犱笁)."""
    if LOST.search(name) or _is_misread(name):
        return False
    return bool(HAN.fullmatch(name)) or all(
        unicodedata.category(character)[0] != "S" or character in DOTS for character in name
    )


def _is_misread(name: str) -> bool:
    if name.isascii():
        return False
    if max(name) < BEYOND_LATIN and any(_in_utf8(name, encoding) for encoding in ("cp1252", "latin-1")):
        return True
    # three common characters may by chance be two others in UTF-8, but not rare ones, and not beside Latin letters
    return bool(_in_utf8(name, "gb18030")) and (not _can_be(name, "gb2312") or bool(LATIN.search(name)))


def _in_utf8(name: str, encoding: str) -> str | None:
    try:
        return name.encode(encoding).decode("utf-8")
    except UnicodeError:
        return None


def _can_be(name: str, encoding: str) -> bool:
    try:
        name.encode(encoding)
    except UnicodeError:
        return False
    return True


def _check(name: str) -> str:
    if not is_probable(name):
        raise ValueError("characters were lost or wrongly decoded in this name 姓名含有乱码或丢失字符的痕迹")
    return name


SoughtName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=50),
    NAMED,
    SHOWN,
    Field(description="Name 姓名", examples=["张建国"]),
]
"""What somebody looks for."""
Name = Annotated[SoughtName, AfterValidator(_check)]
"""What somebody is registered under."""
