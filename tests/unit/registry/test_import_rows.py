"""The import's rows: every kind of broken row names its column and code."""

from datetime import date

import pytest

from services.registry.imports.rows import Person, Rules, check
from shared.identity import identity_check_digit

RULES = Rules(date(2026, 11, 1), ("321202",), "普查")
FIRST = "32019919410305001"


def whole(first17: str) -> str:
    """A number with its check digit."""
    return first17 + identity_check_digit(first17)


GOOD = {
    "name": "张建国",
    "identity_number": whole(FIRST),
    "region": "321202000000",
    "resident_since": "1990-01-01",
    "phone": "13800005678",
    "address": "鼓楼路1号",
    "latitude": "32.49",
    "longitude": "119.91",
    "datum": "GCJ-02",
    "bank": "农商行",
    "bank_account": "6222020000001234567",
    "circumstances_from": "2024-06-01",
    "living_alone": "是",
    "income": "低保",
    "disability": "2",
}
LATER = {"resident_since": "2021-01-01"}
"""For people who were born later."""


def test_a_good_row_is_a_person_with_dated_facts() -> None:
    person = check(GOOD, RULES)
    assert isinstance(person, Person)
    assert [(said.kind, said.value, str(said.valid_from)) for said in person.statements] == [
        ("residence", "321202000000", "1990-01-01"),
        ("living_alone", "yes", "2024-06-01"),
        ("income", "subsistence_allowance", "2024-06-01"),
        ("disability", "2", "2024-06-01"),
    ]
    assert person.address == {"text": "鼓楼路1号", "latitude": 32.49, "longitude": 119.91, "datum": "GCJ-02"}
    assert person.account == {"bank": "农商行", "account": "6222020000001234567", "holder": None}


def test_only_three_columns_are_needed() -> None:
    person = check({column: GOOD[column] for column in ("name", "identity_number", "region")}, RULES)
    assert isinstance(person, Person)
    assert (person.phone, person.address, person.account) == (None, None, None)
    assert [str(said.valid_from) for said in person.statements] == ["2026-11-01"]


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"name": ""}, "name", "missing"),
        ({"name": "长" * 51}, "name", "too_long"),
        ({"name": "张\t三"}, "name", "characters"),
        ({"identity_number": ""}, "identity_number", "missing"),
        ({"identity_number": GOOD["identity_number"][:-1]}, "identity_number", "length"),
        ({"identity_number": "320199410305001"}, "identity_number", "fifteen_digits"),
        ({"identity_number": FIRST + "A"}, "identity_number", "characters"),
        ({"identity_number": whole("32019919990230001")}, "identity_number", "birth_date"),
        ({"identity_number": whole("32019920270101001")}, "identity_number", "future_birth"),
        ({"identity_number": FIRST + ("1" if whole(FIRST)[-1] == "0" else "0")}, "identity_number", "check_digit"),
        ({"region": ""}, "region", "unknown"),
        ({"region": "321299000000"}, "region", "unknown"),
        ({"region": "321203000000"}, "region", "outside"),
        ({"resident_since": "1990/1/1"}, "resident_since", "date"),
        ({"resident_since": "1990-02-30"}, "resident_since", "date"),
        ({"resident_since": "2026-11-02"}, "resident_since", "future"),
        ({"resident_since": "1940-01-01"}, "resident_since", "before_birth"),
        ({"circumstances_from": "1940-01-01"}, "circumstances_from", "before_birth"),
        ({"circumstances_from": "2026-11-02"}, "circumstances_from", "future"),
        ({"identity_number": whole("32019920200101001"), **LATER}, "identity_number", "too_young"),
        ({"identity_number": whole("32019919661102001"), **LATER}, "identity_number", "too_young"),
        ({"name": "张?国"}, "name", "improbable"),
        ({"phone": "手机"}, "phone", "format"),
        ({"address": "路" * 101}, "address", "too_long"),
        ({"address": ""}, "address", "missing"),
        ({"latitude": "north"}, "latitude", "range"),
        ({"latitude": "91"}, "latitude", "range"),
        ({"longitude": "nan"}, "longitude", "range"),
        ({"longitude": ""}, "datum", "incomplete"),
        ({"datum": ""}, "datum", "incomplete"),
        ({"datum": "CGCS2000"}, "datum", "unknown"),
        ({"bank": ""}, "bank_account", "incomplete"),
        ({"bank_account": ""}, "bank_account", "incomplete"),
        ({"bank_account": "6222-0200"}, "bank_account", "format"),
        ({"circumstances_from": "soon"}, "circumstances_from", "date"),
        ({"living_alone": "也许"}, "living_alone", "unknown"),
        ({"income": "是"}, "income", "unknown"),
    ],
)  # fmt: skip
def test_a_broken_row_names_its_column_and_code_in_both_languages(
    change: dict[str, str], column: str, code: str
) -> None:
    errors = check(GOOD | change, RULES)
    assert not isinstance(errors, Person)
    assert [(error.column, error.code) for error in errors] == [(column, code)]
    assert errors[0].zh != errors[0].en


def test_everything_wrong_with_a_row_is_said_at_once() -> None:
    errors = check(GOOD | {"name": "", "region": "x", "phone": "x"}, RULES)
    assert not isinstance(errors, Person)
    assert [error.column for error in errors] == ["name", "region", "phone"]


def test_nobody_covers_a_region_without_prefixes() -> None:
    errors = check(GOOD, Rules(RULES.today, (), "普查"))
    assert not isinstance(errors, Person)
    assert errors[0].code == "outside"


def test_somebody_is_old_enough_from_the_sixtieth_birthday_on() -> None:
    assert isinstance(check(GOOD | LATER | {"identity_number": whole("32019919661101001")}, RULES), Person)


def test_a_day_of_circumstances_is_judged_without_any_circumstance() -> None:
    none = dict.fromkeys(("living_alone", "income", "disability"), "")
    errors = check(GOOD | none | {"circumstances_from": "2026-11-02"}, RULES)
    assert not isinstance(errors, Person)
    assert [(error.column, error.code) for error in errors] == [("circumstances_from", "future")]
