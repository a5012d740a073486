"""How personal data is shown to those who may not see it whole (个人信息脱敏)."""

from __future__ import annotations

import re

_HIDDEN = "****"
_PLACE = r"[^路巷弄号栋幢室楼\d\s]"
_ADDRESS = re.compile(
    rf"^(?:{_PLACE}{{1,12}}?(?:省|自治区))?"
    rf"(?:{_PLACE}{{1,12}}?(?:市|自治州|盟|地区))?"
    rf"(?:{_PLACE}{{1,12}}?(?:县|市|旗|(?<![小社园])区))?"
    rf"(?:{_PLACE}{{1,10}}?(?:街道|镇|乡|苏木))?"
)


def mask_name(name: str) -> str:
    """The first character, then one star, so that not even the length is told: ``张*``."""
    return f"{name[:1]}*" if name else ""


def _ends(text: str, head: int, tail: int) -> str:
    """Keep both ends; hide all of it when there would be nothing left to hide."""
    hidden = len(text) - head - tail
    return text[:head] + "*" * hidden + text[len(text) - tail :] if hidden > 1 else "*" * len(text)


def mask_identity_number(number: str) -> str:
    """First four and last four: ``3212**********1234``."""
    return _ends(number, 4, 4)


def mask_phone(phone: str) -> str:
    """First three and last four: ``138****5678``."""
    return _ends(phone, 3, 4)


def mask_account(account: str) -> str:
    """The last four digits of a bank account."""
    return _ends(account, 0, 4)


def mask_address(address: str) -> str:
    """Down to the sub-district or town (街道、镇、乡); road, number and room are hidden."""
    found = _ADDRESS.match(address)
    return (found.group() if found else "") + _HIDDEN if address else ""
