"""The region table and its arithmetic."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.regions import Region, RegionTable, covers, prefix_of

TABLE = RegionTable.load()


def test_every_code_has_twelve_digits_and_a_parent_that_exists_and_leads_it() -> None:
    for row in TABLE:
        TypeAdapter(Region).validate_python(row.code)
        if row.level == "province":
            assert row.parent is None
        else:
            assert row.parent is not None
            assert TABLE.exists(row.parent)
            assert covers(prefix_of(row.parent), row.code)


def test_levels_follow_from_the_length_of_the_code() -> None:
    lengths = {"province": 2, "prefecture": 4, "county": 6, "township": 9}
    assert all(len(prefix_of(row.code)) == lengths[row.level] for row in TABLE)


def test_all_provinces_and_all_five_jurisdictions_are_there() -> None:
    assert len([row for row in TABLE if row.level == "province"]) == 34
    counties = {
        p: len([r for r in TABLE.below(p) if r.level == "county"]) for p in ("3212", "5323", "11", "5109", "2310")
    }
    assert counties == {"3212": 7, "5323": 10, "11": 16, "5109": 5, "2310": 10}


def test_names_are_read_from_the_province_down() -> None:
    assert TABLE.name("321202000000") == "海陵区"
    assert TABLE.full_name("321202001000") == "江苏省泰州市海陵区城东街道"
    assert TABLE.full_name("110101000000") == "北京市东城区"
    assert [row.name for row in TABLE.children("510900000000")] == ["船山区", "安居区", "蓬溪县", "大英县", "射洪市"]


def test_a_zone_without_an_official_code_lies_below_its_city() -> None:
    zone = TABLE["321271000000"]
    assert (zone.origin, zone.parent) == ("reserved", "321200000000")
    assert covers("3212", zone.code)


@pytest.mark.parametrize(
    ("region", "prefix"),
    [
        ("321200000000", "3212"),
        ("320000000000", "32"),
        ("321202000000", "321202"),
        ("321202001000", "321202001"),
        ("321202001001", "321202001001"),
        ("110100000000", "1101"),
        ("441900003000", "441900003"),
    ],
)
def test_a_code_is_shortened_to_the_prefix_that_means_the_same(region: str, prefix: str) -> None:
    assert prefix_of(region) == prefix


def test_a_prefix_covers_itself_and_what_is_below_and_nothing_else() -> None:
    assert covers("3212", "321202001000")
    assert covers("321202", "321202000000")
    assert not covers("321202", "321203000000")
    assert covers("", "321203000000")


@pytest.mark.parametrize(
    "text", ["321202", "32120200000a", "021202000000", "3212020000000", "３２１２０２００００００"]
)
def test_anything_but_twelve_digits_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Region).validate_python(text)


def test_a_unit_is_valid_from_its_first_day_until_the_day_it_ends(tmp_path: Path) -> None:
    file = tmp_path / "regions.csv"
    file.write_text(
        "code12,name,level,parent,valid_from,valid_to,origin\n990000000000,某省,province,,2020-01-01,2024-01-01,test\n",
        encoding="utf-8",
    )
    table = RegionTable.load(file)
    days = (date(2019, 12, 31), date(2020, 1, 1), date(2023, 12, 31), date(2024, 1, 1))
    assert [table.exists("990000000000", day) for day in days] == [False, True, True, False]
    assert not table.exists("110000000000")
