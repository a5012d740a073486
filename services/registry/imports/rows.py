"""Check one row of the published CSV; every error names its column."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import get_args

from services.registry.facts.domain import RESIDENCE, Statement
from services.registry.imports import domain as sheet
from services.registry.imports.domain import RowError
from services.registry.lives.ages import least_age
from services.registry.lives.domain import REGISTRATION, Life, Span, contradictions
from services.registry.schemas import EARLIEST
from services.registry.seniors.domain import CIRCUMSTANCES, residence
from services.registry.seniors.names import is_probable
from shared.datum import Datum
from shared.identity import IdentityNumber, IdentityNumberError, check_identity_number
from shared.numbers import decimal
from shared.regions import RegionTable
from shared.text import is_name, is_text

LONGEST_NAME, LONGEST_TEXT = 50, 100
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PHONE = re.compile(r"\+?[0-9][0-9 \-]{4,18}[0-9]")
ACCOUNT = re.compile(r"[0-9]{8,32}")
NAMES = frozenset({sheet.NAME, sheet.BANK})
DATUMS = frozenset(get_args(Datum))


@dataclass(frozen=True)
class Rules:
    """What a row is judged by: the day, the regions of whoever imports, and where the data come from."""

    today: date
    prefixes: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Person:
    """A sound row."""

    name: str
    identity: IdentityNumber
    region: str
    phone: str | None
    address: dict[str, object] | None
    account: dict[str, object] | None
    statements: tuple[Statement, ...]


@dataclass
class Findings:
    """Collects what is wrong, so that a clerk learns of everything at once."""

    errors: list[RowError] = field(default_factory=list)

    def add(self, column: str, code: str, en: str, zh: str) -> None:
        """Note an error."""
        self.errors.append(RowError(column, code, en, zh))


def check(row: Mapping[str, str], rules: Rules) -> Person | Sequence[RowError]:
    """A person, or everything that is wrong with the row."""
    found = Findings()
    name = _text(row, sheet.NAME, LONGEST_NAME, found, required=True)
    identity = _identity(row[sheet.NUMBER], rules, found)
    region = _region(row[sheet.REGION], rules, found)
    since = _day(row, sheet.SINCE, found) or rules.today
    phone = _matching(row, sheet.PHONE, PHONE, found)
    address, account = _address(row, found), _account(row, found)
    facts_from = _day(row, sheet.FACTS_FROM, found) or rules.today
    facts = _circumstances(row, facts_from, rules.source, found)
    _life(identity, since, facts_from, rules.today, found)
    if found.errors or identity is None:
        return found.errors
    return Person(name, identity, region, phone, address, account, (residence(region, since, rules.source), *facts))


def _text(row: Mapping[str, str], column: str, longest: int, found: Findings, *, required: bool = False) -> str:
    text = row.get(column, "")
    if required and not text:
        found.add(column, "missing", "It is missing.", "不能为空。")
    if len(text) > longest:
        found.add(column, "too_long", f"Longer than {longest} characters.", f"超过{longest}个字符。")
    if not is_text(text):
        found.add(column, "characters", "It holds characters that cannot be seen.", "含有控制字符或不可见字符。")
    elif text and column in NAMES and not is_name(text):
        found.add(
            column,
            "name",
            "A name begins with none of = + - @ and holds letters.",
            "名称须含文字,且不得以 = + - @ 开头。",
        )
    elif column == sheet.NAME and not is_probable(text):
        en = "Characters were lost or wrongly decoded; compare it with the identity card."
        found.add(column, "improbable", en, "含有乱码或丢失字符的痕迹,请与身份证核对。")
    return text


def _identity(text: str, rules: Rules, found: Findings) -> IdentityNumber | None:
    if not text:
        found.add(sheet.NUMBER, "missing", "It is missing.", "不能为空。")
        return None
    try:
        return check_identity_number(text, rules.today)
    except IdentityNumberError as error:
        found.add(sheet.NUMBER, error.code, error.en, error.zh)
        return None


def _region(text: str, rules: Rules, found: Findings) -> str:
    if not RegionTable.load().exists(text):
        found.add(sheet.REGION, "unknown", "The region code does not exist.", "区划代码不存在。")
    elif not any(text.startswith(prefix) for prefix in rules.prefixes):
        found.add(sheet.REGION, "outside", "The region is outside your jurisdiction.", "区划不在您的管辖范围内。")
    return text


def _day(row: Mapping[str, str], column: str, found: Findings) -> date | None:
    text = row.get(column, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if ISO_DATE.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day < EARLIEST:
        found.add(column, "date", "Write a real date as YYYY-MM-DD.", "日期应为真实存在的 YYYY-MM-DD。")
        return None
    return day


def _life(identity: IdentityNumber | None, since: date, facts_from: date, today: date, found: Findings) -> None:
    """Ask the rules of a life, as far as it is known: circumstances share their day, so one stands for all."""
    told = (
        Span(RESIDENCE, since, place=sheet.SINCE),
        Span(sheet.CIRCUMSTANCE_COLUMNS[0], facts_from, place=sheet.FACTS_FROM),
    )
    born = identity.birth_date if identity else date.min
    life = Life(born, today, least_age("senior", today), (Span(REGISTRATION, today, place=sheet.NUMBER), *told))
    for one in contradictions(life):
        found.add(one.span.place, one.rule.code, *one.text(life))


def _matching(row: Mapping[str, str], column: str, pattern: re.Pattern[str], found: Findings) -> str | None:
    text = row.get(column, "")
    if text and not pattern.fullmatch(text):
        found.add(column, "format", "It is not in the right form.", "格式不正确。")
    return text or None


def _address(row: Mapping[str, str], found: Findings) -> dict[str, object] | None:
    text = _text(row, sheet.ADDRESS, LONGEST_TEXT, found)
    latitude = _degrees(row, sheet.LATITUDE, 90, found)
    longitude = _degrees(row, sheet.LONGITUDE, 180, found)
    datum = row.get(sheet.DATUM, "")
    if datum and datum not in DATUMS:
        found.add(sheet.DATUM, "unknown", "Use WGS-84, GCJ-02 or BD-09.", "应为 WGS-84、GCJ-02 或 BD-09。")
    given = [bool(row.get(column)) for column in (sheet.LATITUDE, sheet.LONGITUDE, sheet.DATUM)]
    if any(given) and not all(given):
        en = "Latitude, longitude and datum belong together."
        found.add(sheet.DATUM, "incomplete", en, "纬度、经度、坐标系须同时填写。")
    if not text:
        if any(given):
            found.add(sheet.ADDRESS, "missing", "Coordinates need an address.", "填写坐标时住址不能为空。")
        return None
    return {"text": text, "latitude": latitude, "longitude": longitude, "datum": datum or None}


def _degrees(row: Mapping[str, str], column: str, limit: int, found: Findings) -> float | None:
    text = row.get(column, "")
    if not text:
        return None
    try:
        value: float | None = float(decimal(text))
    except ValueError:
        value = None
    if value is None or not -limit <= value <= limit:
        found.add(column, "range", f"A number from -{limit} to {limit}.", f"应为-{limit}至{limit}的数字。")
        return None
    return value


def _account(row: Mapping[str, str], found: Findings) -> dict[str, object] | None:
    bank = _text(row, sheet.BANK, LONGEST_TEXT, found)
    account = _matching(row, sheet.ACCOUNT, ACCOUNT, found)
    if (account is None) != (not bank):
        found.add(sheet.ACCOUNT, "incomplete", "Bank and account belong together.", "开户银行与银行账号须同时填写。")
    return {"bank": bank, "account": account, "holder": None} if account else None


def _circumstances(row: Mapping[str, str], since: date, source: str, found: Findings) -> list[Statement]:
    facts = []
    for kind in sheet.CIRCUMSTANCE_COLUMNS:
        text = row.get(kind, "")
        if not text:
            continue
        value = sheet.VALUES.get(text, text)
        if value not in CIRCUMSTANCES[kind]:
            allowed = ", ".join(sorted(CIRCUMSTANCES[kind]))
            found.add(kind, "unknown", f"Use one of {allowed}.", f"取值应为 {allowed} 之一。")
        facts.append(Statement(kind, value, since, None, source))
    return facts
