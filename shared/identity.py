"""Identity numbers (GB 11643-1999) and unified social credit codes (GB 32100-2015).

A correct number proves that it was written down correctly, never that the person is who they say. The region of an
identity number is that of the office which issued it, possibly long abolished, so an unknown one is only a warning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from shared.regions import RegionTable

_WIDE = str.maketrans("０１２３４５６７８９Ｘ", "0123456789X")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_CENTENARIAN_SEQUENCES = {"996", "997", "998", "999"}
OLDEST_AGE = 130
"""Years. Nobody is known to have lived longer; a birth date before that is a slip of the pen."""


class InvalidNumberError(ValueError):
    """A number that cannot be right: ``code`` for programs, ``zh`` and ``en`` for people."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


class IdentityNumberError(InvalidNumberError):
    """Codes: length, fifteen_digits, characters, check_digit, birth_date, future_birth, age."""


class SocialCreditCodeError(InvalidNumberError):
    """Codes: length, characters, category, organization_check, check_digit."""


class IdentityKind(StrEnum):
    """Which card the number belongs to."""

    CITIZEN = "citizen"
    HMT_RESIDENT = "hmt_resident"
    """Residence permit for people from Hong Kong, Macao and Taiwan 港澳台居民居住证."""
    FOREIGN_RESIDENT = "foreign_resident"
    """Foreign permanent resident identity card 外国人永久居留身份证."""


@dataclass(frozen=True)
class IdentityNumber:
    """A number whose form, check digit and birth date are right."""

    number: str
    kind: IdentityKind
    birth_date: date
    sex: Literal["male", "female"]
    region6: str
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.number


def identity_check_digit(first17: str) -> str:
    """ISO 7064 MOD 11-2 over the first seventeen digits."""
    return _CHECKS[sum(w * int(c) for w, c in zip(_WEIGHTS, first17, strict=True)) % 11]


def check_identity_number(text: str, on: date) -> IdentityNumber:
    """Read an 18-digit number as of a day. IdentityNumberError says what is wrong with it."""
    number = _normal(text)
    _check_form(number)
    if identity_check_digit(number[:17]) != number[17]:
        raise IdentityNumberError(
            "check_digit", "身份证号校验码不正确", "the check digit of the identity number is wrong"
        )
    kind = _kind(number)
    return IdentityNumber(
        number=number,
        kind=kind,
        birth_date=_birth_date(number[6:14], on),
        sex="male" if int(number[16]) % 2 else "female",
        region6=number[:6],
        warnings=() if kind is not IdentityKind.CITIZEN or _province_is_known(number) else ("region_unknown",),
    )


def upgrade_fifteen(text: str) -> str:
    """The 18-digit form of a first-generation number, for matching old files only; it names nobody by itself."""
    number = _normal(text)
    if not re.fullmatch(r"[1-9][0-9]{14}", number):
        raise IdentityNumberError("length", "不是15位身份证号", "not a 15-digit identity number")
    century = "18" if number[12:] in _CENTENARIAN_SEQUENCES else "19"
    first17 = number[:6] + century + number[6:]
    return first17 + identity_check_digit(first17)


def _normal(text: str) -> str:
    return text.strip().upper().translate(_WIDE)


def _check_form(number: str) -> None:
    if re.fullmatch(r"[0-9]{15}", number):
        raise IdentityNumberError(
            "fifteen_digits",
            "15位旧身份证号不能作为有效证件号",
            "a 15-digit number of the first generation is no longer valid",
        )
    if len(number) != 18:
        raise IdentityNumberError("length", "身份证号应为18位", "an identity number has 18 characters")
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", number):
        raise IdentityNumberError(
            "characters", "身份证号只能由数字组成,末位可为X", "an identity number has digits only; the last may be X"
        )


def _kind(number: str) -> IdentityKind:
    if number[0] == "9":
        return IdentityKind.FOREIGN_RESIDENT
    return IdentityKind.HMT_RESIDENT if number[:2] in {"81", "82", "83"} else IdentityKind.CITIZEN


def _birth_date(text: str, on: date) -> date:
    try:
        born = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise IdentityNumberError(
            "birth_date", "身份证号中的出生日期不存在", "the birth date in the identity number does not exist"
        ) from None
    if born > on:
        raise IdentityNumberError("future_birth", "出生日期晚于今天", "the birth date lies in the future")
    if on.year - born.year > OLDEST_AGE:
        raise IdentityNumberError("age", f"年龄超过{OLDEST_AGE}岁", f"the age would be over {OLDEST_AGE}")
    return born


def _province_is_known(number: str) -> bool:
    return RegionTable.load().exists(number[:2].ljust(12, "0"))


_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANIZATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CATEGORIES = {
    "1": "1239",  # 机构编制: state organ 机关, public institution 事业单位, mass organisation 群团
    "2": "19",  # 外交
    "3": "123459",  # 司法行政
    "4": "19",  # 文化
    "5": "123459",  # 民政: association 社团, private non-enterprise 民办非企业, foundation 基金会, villages' committees
    "6": "129",  # 旅游
    "7": "129",  # 宗教
    "8": "19",  # 工会
    "9": "1239",  # 市场监管: company 企业, sole trader 个体工商户, farmers' cooperative 农民专业合作社
    "A": "19",  # 中央军委
    "N": "1239",  # 农业农村: group, village and town collectives 组、村、乡镇集体经济组织
    "Y": "1",  # 其他
}


def social_credit_check(first17: str) -> str:
    """The check character of GB 32100-2015: weights are powers of 3 modulo 31."""
    total = sum(pow(3, place, 31) * _ALPHABET.index(c) for place, c in enumerate(first17))
    return _ALPHABET[-total % 31]


def organization_check(first8: str) -> str:
    """The check character of an organisation code (GB 11714-1997); letters count from A = 10."""
    total = sum(w * int(c, 36) for w, c in zip(_ORGANIZATION_WEIGHTS, first8, strict=True))
    return "0123456789X0"[11 - total % 11]


def check_social_credit_code(text: str) -> str:
    """The code in capitals. SocialCreditCodeError says what is wrong with it."""
    code = _normal(text)
    if len(code) != 18:
        raise SocialCreditCodeError("length", "统一社会信用代码应为18位", "a social credit code has 18 characters")
    if not re.fullmatch(rf"[{_ALPHABET}]{{2}}[0-9]{{6}}[{_ALPHABET}]{{10}}", code):
        raise SocialCreditCodeError(
            "characters",
            "统一社会信用代码含不允许的字符(不使用I、O、S、V、Z)",
            "the social credit code has a character that is not allowed (I, O, S, V and Z are not used)",
        )
    if code[1] not in _CATEGORIES.get(code[0], ""):
        raise SocialCreditCodeError(
            "category", "登记管理部门与机构类别代码不匹配", "authority and category of the code do not match"
        )
    if organization_check(code[8:16]) != code[16]:
        raise SocialCreditCodeError(
            "organization_check", "组织机构代码校验码不正确", "the check character of the organisation code is wrong"
        )
    if social_credit_check(code[:17]) != code[17]:
        raise SocialCreditCodeError("check_digit", "统一社会信用代码校验码不正确", "the last check character is wrong")
    return code
