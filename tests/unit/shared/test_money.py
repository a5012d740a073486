"""Money is exact, or it is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.money import Yuan, to_fen, to_yuan


class Form(BaseModel):
    amount: Yuan


@given(st.integers(-(10**15), 10**15))
def test_fen_to_yuan_and_back_is_the_same(fen: int) -> None:
    assert to_fen(to_yuan(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("0.1", 10),
        ("0.01", 1),
        ("37.5", 3750),
        ("37.50", 3750),
        ("-0.05", -5),
        ("99999999999999.99", 10**16 - 1),
    ],
)
def test_an_amount_is_read_exactly(text: str, fen: int) -> None:
    assert to_fen(text) == fen
    assert to_fen(Decimal(text)) == fen


def test_the_amounts_that_floats_get_wrong_are_right() -> None:
    assert [to_fen(t) for t in ("0.29", "1.15", "4.35", "1.005"[:-1])] == [29, 115, 435, 100]


@pytest.mark.parametrize(
    "text",
    [
        "", " ",
        "1.234", "1.", ".5", "01", "00", "+1", "--1", "1e3", "1E+2", "NaN", "Infinity", "-inf", "1,000", "1 000",
        "１２", "1２.00", "1٢",
        "37.50\n", "\n37.50", " 37.50", "37.50\0", "0x10", "1_000", "9" * 15, "9" * 100_000, "¥5", "5元",
    ],
)  # fmt: skip
def test_hostile_text_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="two places"):
        to_fen(text)
    with pytest.raises(ValidationError):
        Form(amount=text)


@pytest.mark.parametrize("value", [1.5, None, [], {}, float("nan")])
def test_what_is_neither_text_nor_fen_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Form.model_validate({"amount": value})


def test_json_carries_text_with_two_places_and_python_carries_fen() -> None:
    form = Form.model_validate_json('{"amount": "37.5"}')
    assert form.amount == 3750
    assert form.model_dump_json() == '{"amount":"37.50"}'
    assert form.model_dump() == {"amount": 3750}
    assert Form.model_json_schema()["properties"]["amount"]["type"] == "string"


def test_negative_fen_keep_their_sign_below_one_yuan() -> None:
    assert [to_yuan(f) for f in (-1, -99, -100, -101, 0, 5)] == ["-0.01", "-0.99", "-1.00", "-1.01", "0.00", "0.05"]
