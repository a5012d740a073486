"""What pydantic finds becomes pointers, codes and texts in both languages, without repeating values."""

from datetime import date
from typing import Literal
from uuid import UUID

import orjson
import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_core._pydantic_core import list_all_errors

from shared.validation import CHINESE, LONGEST, MOST, field_errors, pointer


class Inner(BaseModel):
    count: int = Field(ge=1, le=9)


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2, max_length=4, pattern="^[a-z]+$")
    day: date
    kind: Literal["a", "b"]
    id: UUID
    items: list[Inner] = Field(max_length=60)

    @field_validator("day")
    @classmethod
    def not_before_2000(cls, value: date) -> date:
        if value.year < 2000:
            raise PydanticCustomError("too_early", "Before 2000", {"zh": "早于2000年"})
        if value.year > 2100:
            raise ValueError("after 2100 晚于2100年")
        return value


GOOD = {"name": "abc", "day": "2026-10-01", "kind": "a", "id": str(UUID(int=1)), "items": [{"count": 1}]}


def errors_of(**changes: object) -> list[dict[str, str]]:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate(GOOD | changes)
    return [error.model_dump() | {"en": error.message_en} for error in field_errors(caught.value.errors())]


@pytest.mark.parametrize(
    ("changes", "at", "code"),
    [
        ({"name": "a"}, "/name", "string_too_short"),
        ({"name": "abcde"}, "/name", "string_too_long"),
        ({"name": "ABC"}, "/name", "string_pattern_mismatch"),
        ({"name": 5}, "/name", "string_type"),
        ({"day": "2026-02-30"}, "/day", "date_from_datetime_parsing"),
        ({"day": "1999-01-01"}, "/day", "too_early"),
        ({"day": "2101-01-01"}, "/day", "value_error"),
        ({"kind": "c"}, "/kind", "literal_error"),
        ({"id": "x"}, "/id", "uuid_parsing"),
        ({"items": [{"count": 1}, {"count": 0}]}, "/items/1/count", "greater_than_equal"),
        ({"items": {}}, "/items", "list_type"),
        ({"a/b~c": 1}, "/a~1b~0c", "extra_forbidden"),
    ],
)
def test_an_error_has_pointer_code_and_both_texts(changes: dict[str, object], at: str, code: str) -> None:
    [error] = errors_of(**changes)
    assert (error["pointer"], error["code"]) == (at, code)
    assert not error["message"].isascii()
    assert error["en"]


def test_a_validator_s_own_texts_are_kept() -> None:
    [error] = errors_of(day="1999-01-01")
    assert (error["message"], error["en"]) == ("早于2000年", "Before 2000")


def test_no_text_repeats_the_value() -> None:
    secret = "321202194001010018"
    assert secret not in str(errors_of(name=secret, day=secret, kind=secret, id=secret, items=secret))


def test_at_most_fifty_errors_are_told() -> None:
    assert len(errors_of(items=[{"count": 0}] * 60)) == MOST == 50


def test_a_field_name_of_the_client_is_bounded_and_can_always_be_written() -> None:
    [long] = errors_of(**{"x" * 100_000: 1})
    assert len(long["pointer"]) == LONGEST
    orjson.dumps(errors_of(**{"a\ud800": 1}))
    assert pointer(("body", "a\ud800")) == "/a?"


def test_places_outside_the_body_keep_their_name() -> None:
    assert pointer(("query", "limit")) == "/query/limit"
    assert pointer(("body", "a", 0)) == "/a/0"
    assert pointer(("body",)) == ""


def test_every_chinese_text_is_for_a_code_that_pydantic_has() -> None:
    assert CHINESE.keys() <= {error["type"] for error in list_all_errors()} | {"json_invalid"}
