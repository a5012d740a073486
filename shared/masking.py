"""How personal data is shown to those who may not see it whole (个人信息脱敏).

Whatever stands beside a mask is taken as known: region, birth date, sex, bank. What is hidden must stay hidden then, so
an identity number shows no digit of its sequence and none of its check, and no mask tells a length.
"""

from __future__ import annotations

import re

from shared.regions import RegionTable

_HIDDEN = "****"
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9])[0-9]{4}([0-9]{4})")
_SHORTEST = {"phone": 8, "account": 8}
"""Digits below which nothing is shown: what stays hidden must not be tried through."""


def mask_name(name: str) -> str:
    """The first character, then one star, so that not even the length is told: ``张*``."""
    return f"{name[:1]}*" if name else ""


def mask_identity_number(number: str) -> str:
    """The first four, which name a city: ``3212**************``. The other digits are region, birth date, sex and what
    tells apart the 500 people who share them."""
    return number[:4] + "*" * 14 if len(number) == 18 else _HIDDEN


def mask_phone(phone: str) -> str:
    """First three and last four of a mobile number: ``138****5678``. Of another the last two: its head is the place."""
    plain = re.sub(r"[ \-]", "", phone)
    mobile = _MOBILE.fullmatch(plain)
    if mobile:
        return f"{mobile[1]}{_HIDDEN}{mobile[2]}"
    return _HIDDEN + (plain[-2:] if len(plain) >= _SHORTEST["phone"] else "")


def mask_account(account: str) -> str:
    """The last four digits of a bank account: ``****1234``."""
    return _HIDDEN + (account[-4:] if len(account) >= _SHORTEST["account"] else "")


def mask_address(address: str) -> str:
    """The units of the region table that it begins with, down to the sub-district or town (街道、镇、乡).

    Nothing else is read as a place: an estate that calls itself a town (某某小镇) is hidden with road, number and room.
    """
    return "".join(RegionTable.load().leading(address)) + _HIDDEN if address else ""
