"""Requests that are right, for tests to change one thing in."""

from datetime import date
from itertools import count
from typing import Any

import httpx

from services.registry.assessments.scale import load_scale
from shared.identity import identity_check_digit, organization_check, social_credit_check

HAILING, GAOGANG = "321202000000", "321203000000"
_sequence = count(1)


def identity_number(birth: date = date(1941, 3, 5), sequence: int | None = None) -> str:
    """A number with a right check digit, another one each time unless the sequence is given."""
    number = next(_sequence) if sequence is None else sequence
    day = birth if sequence is not None else date(birth.year, birth.month, 1 + number // 900 % 28)
    first = f"320199{day:%Y%m%d}{number % 900 + 100:03d}"
    return first + identity_check_digit(first)


def senior(**changes: Any) -> dict[str, Any]:
    """A senior of Hailing."""
    body: dict[str, Any] = {
        "name": "单建国",
        "identity_number": identity_number(),
        "region": HAILING,
        "resident_since": "1990-01-01",
        "phone": "13800005678",
        "address": {"text": "泰州市海陵区城东街道鼓楼路1号", "latitude": 32.49, "longitude": 119.91, "datum": "GCJ-02"},
        "bank_account": {"bank": "泰州农村商业银行", "account": "6222020000001234567"},
        "circumstances": [{"kind": "living_alone", "value": "yes", "valid_from": "2024-06-01", "source": "入户"}],
        "source": "入户",
    }
    return body | changes


def credit_code(serial: int, category: str = "52") -> str:
    """A right social credit code."""
    inner = f"{serial:08d}"
    first = f"{category}321202{inner}{organization_check(inner)}"
    return first + social_credit_check(first)


def organization(kind: str = "institution", **changes: Any) -> dict[str, Any]:
    """An organisation of Hailing."""
    body: dict[str, Any] = {
        "region": HAILING,
        "kind": kind,
        "name": "海陵示范养老院",
        "social_credit_code": credit_code(next(_sequence)),
    }
    if kind == "institution":
        body |= {
            "profit": "non_profit",
            "beds": {"nursing": 80, "ordinary": 40},
            "operation_modes": [{"mode": "private", "valid_from": "2018-05-01", "source": "备案"}],
            "grades": [{"grade": 3, "valid_from": "2025-01-01", "valid_to": "2027-12-31", "source": "公告"}],
        }
    return body | changes


def full_marks() -> dict[str, int]:
    """Every item of the scale at its best."""
    return {item.code: item.maximum for item in load_scale().items}


async def post(http: httpx.AsyncClient, path: str, body: Any, status: int = 201) -> Any:
    """POST that must answer a status; returns the answer's body."""
    answer = await http.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def get(http: httpx.AsyncClient, path: str, expect: int = 200, **query: Any) -> Any:
    """GET that must answer a status; returns the answer's body."""
    answer = await http.get(path, params={name: value for name, value in query.items() if value is not None})
    assert answer.status_code == expect, answer.text
    return answer.json()
