"""A number's text is bounded before anything is worked out, in every field of every request and in every file."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.money import Yuan, YuanText, to_fen
from shared.numbers import Count, Figure, decimal, loads, whole
from tests.unit.shared.test_request_texts import fields, parameters

SECONDS = 0.5
NONE = [
    "1e300000", "1E+99999999", "-1e999999999", "1e-300000", "9" * 5_000, "9" * 1_000_000, f"0.{'3' * 20_000}", "NaN",
    "sNaN", "nan", "Infinity", "-Infinity", "inf", "-0", "-0.00", "1_000", "６０", "٦٠", "0x3c", "0o74", "0b11", "1:00",
    "+60", "60.", ".6", " 60", "60\n", "1e2", "060", "", "-", "--1", "1,000", "½", "²", "1" * 16,
]  # fmt: skip
FAR = [10**15, -(10**18), 10**300, 10**4000, 1e308, float("inf"), float("nan"), Decimal("1e300000"), Decimal("NaN")]


def quick(adapter: TypeAdapter[Any], value: object) -> bool:
    """Whether a value comes through; in either case at once."""
    started = time.process_time()
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    finally:
        assert time.process_time() - started < SECONDS
    return True


@pytest.mark.parametrize("text", NONE, ids=lambda text: ascii(text[:12]))
def test_what_is_no_number_is_refused_at_once_everywhere(text: str) -> None:
    for read in (decimal, whole, to_fen, loads):
        if (read is to_fen and text == "-0.00") or (read is to_fen and text == "-0"):
            continue  # nothing, in fen
        if read is loads and text in {" 60", "60\n"}:
            continue  # JSON lets blanks stand around
        with pytest.raises(ValueError, match=r"."):
            read(text)
    for kind in (Figure, Count, Yuan, YuanText):
        assert not quick(TypeAdapter(kind), text) or text in {"-0", "-0.00"}


@pytest.mark.parametrize("number", FAR, ids=lambda number: type(number).__name__)
def test_no_value_that_is_too_far_away_is_a_figure(number: object) -> None:
    assert not quick(TypeAdapter(Figure), number)
    assert not quick(TypeAdapter(Count), number)


def test_figures_are_read_exactly() -> None:
    assert (decimal("37.50"), whole("-12")) == (Decimal("37.50"), -12)
    assert loads('{"a": 0.1, "b": 3}') == {"a": Decimal("0.1"), "b": 3}
    assert TypeAdapter(Figure).validate_python("0.30") == Decimal("0.30")
    assert TypeAdapter(Figure).validate_python(0.1) == Decimal("0.1")


EVERY = fields() | parameters()


@pytest.mark.parametrize("name", EVERY)
def test_no_field_of_a_request_takes_a_number_without_end(name: str) -> None:
    for number in (10**19, -(10**19), 10**4000, 1e308, float("inf"), "1e300000"):
        for value in (number, [number], {"a": number}, [{"a": number}], {"B.1.1": number}):
            accepted = quick(EVERY[name], value)
            assert not accepted or (isinstance(number, str) and "e3" in number), (name, str(number)[:20])


DIGITS_OF_EVERY_SCRIPT = {
    "services/subsidy/engine/yamlfile.py": "finds an impossible day to point at",
    "services/subsidy/payments/returnfile.py": "int() reads them as the same number",
    "shared/contracts/base.py": "a published contract",
    "shared/masking.py": "hides digits of every script",
}


def test_digits_are_those_of_ascii() -> None:
    r"""``\d`` is a digit of any script to Python and to pydantic: a pattern of a request says ``[0-9]``."""
    root = Path(__file__).parents[3]
    files = [file for folder in ("services", "shared") for file in (root / folder).rglob("*.py")]
    found = {file.relative_to(root).as_posix() for file in files if "\\d" in file.read_text(encoding="utf-8")}
    assert found <= set(DIGITS_OF_EVERY_SCRIPT)
