"""Texts are bounded and hold nothing invisible."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.text import Code, LongText, ShortText

SHORT, LONG, CODE = TypeAdapter(ShortText), TypeAdapter(LongText), TypeAdapter(Code)


@pytest.mark.parametrize("bad", ["\0", "\x07", "\x1b[31m", "\x7f", "\x85", "\ud800"])
@pytest.mark.parametrize("kind", [SHORT, LONG, CODE])
def test_control_characters_and_half_surrogates_are_refused(kind: TypeAdapter[str], bad: str) -> None:
    with pytest.raises(ValidationError):
        kind.validate_python(f"a{bad}b")


def test_a_name_has_no_line_break_inside() -> None:
    with pytest.raises(ValidationError):
        SHORT.validate_python("张\n三")


def test_blanks_around_are_taken_off_and_nothing_left_is_refused() -> None:
    assert SHORT.validate_python("  张三\t") == "张三"
    for blank in ("", "   ", "\u3000"):
        with pytest.raises(ValidationError):
            SHORT.validate_python(blank)


@pytest.mark.parametrize(("kind", "most"), [(SHORT, 100), (LONG, 2000)])
def test_length_is_counted_in_characters(kind: TypeAdapter[str], most: int) -> None:
    assert kind.validate_python("𠮷" * most) == "𠮷" * most
    with pytest.raises(ValidationError):
        kind.validate_python("𠮷" * (most + 1))


@pytest.mark.parametrize("text", ["A-1", "a.b_c:d/e-f", "0", "x" * 64])
def test_codes_of_clients_are_taken(text: str) -> None:
    assert CODE.validate_python(text) == text


@pytest.mark.parametrize("text", ["", "-a", "a b", "张", "a\n", "x" * 65, "１", "a;b", "../a"])
def test_other_codes_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        CODE.validate_python(text)


@pytest.mark.parametrize("value", [1, None, ["a"], True])
def test_only_text_is_text(value: object) -> None:
    with pytest.raises(ValidationError):
        SHORT.validate_python(value)
