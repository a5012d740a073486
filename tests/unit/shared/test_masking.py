"""What is left of personal data after masking, to somebody who knows all that stands beside the mask."""

import pytest

from shared.identity import identity_check_digit
from shared.masking import mask_account, mask_address, mask_identity_number, mask_name, mask_phone
from shared.regions import RegionTable


@pytest.mark.parametrize(
    ("name", "shown"), [("张三", "张*"), ("欧阳修远", "欧*"), ("阿依古丽·买买提", "阿*"), ("𠅤某", "𠅤*"), ("", "")]
)
def test_a_name_shows_its_first_character_and_not_its_length(name: str, shown: str) -> None:
    assert mask_name(name) == shown


@pytest.mark.parametrize("known", ["32120219410305", "32128119000228", "11010119561231", "83000019500101"])
@pytest.mark.parametrize("sex", [0, 1])
def test_of_an_identity_number_every_sequence_that_fits_county_birth_and_sex_remains_possible(
    known: str, sex: int
) -> None:
    fitting = [f"{known}{sequence:03}" for sequence in range(1000) if sequence % 2 == sex]
    assert len(fitting) == 500
    assert {mask_identity_number(one + identity_check_digit(one)) for one in fitting} == {known[:4] + "*" * 14}


@pytest.mark.parametrize("text", ["12345678", "321202410305002", "3212021941030500251", ""])
def test_what_has_not_the_form_of_an_identity_number_shows_nothing(text: str) -> None:
    assert mask_identity_number(text) == "****"


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138****5678"),
        ("138 1234 5678", "138****5678"),
        ("+86 13812345678", "138****5678"),
        ("0523-86881234", "****34"),
        ("86881234", "****34"),
        ("021-6881234", "****34"),
        ("6881234", "****"),
        ("110", "****"),
    ],
)
def test_a_phone_hides_at_least_four_digits_that_no_place_tells(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown


def test_an_account_keeps_its_last_four_digits_and_not_its_length() -> None:
    assert mask_account("6222021115001234567") == mask_account("62220211154567") == "****4567"
    assert mask_account("12344567") == "****4567"
    assert mask_account("1234567") == mask_account("1234") == "****"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("江苏省泰州市海陵区城东街道春晖路12号3栋402室", "江苏省泰州市海陵区城东街道****"),
        ("江苏省 泰州市 海陵区 城东街道 春晖路12号", "江苏省泰州市海陵区城东街道****"),
        ("江苏省泰州市姜堰区张甸镇三彭村8组", "江苏省泰州市姜堰区张甸镇****"),
        ("云南省楚雄彝族自治州双柏县妥甸镇东和街1号", "云南省楚雄彝族自治州双柏县妥甸镇****"),
        ("北京市东城区东华门街道南池子大街1号", "北京市东城区东华门街道****"),
        ("海陵区海陵南路302号", "海陵区****"),
        ("春晖路天德小区5栋", "****"),
        ("12号新区3栋", "****"),
        ("阳光小区5栋", "****"),
        ("", ""),
    ],
)
def test_an_address_is_shown_down_to_the_sub_district(address: str, shown: str) -> None:
    assert mask_address(address) == shown


ESTATES = (
    "东方小镇3栋",
    "水乡人家5号",
    "都市花园2幢",
    "华府新城商业区8号",
    "锦绣县前里",
    "城南路12号",
    "滨江新城3栋",
    "玫瑰镇",
)


@pytest.mark.parametrize("before", ["", "海陵区", "泰州市海陵区", "江苏省泰州市姜堰区张甸镇", "云南省楚雄彝族自治州"])
def test_no_estate_is_shown_whatever_it_calls_itself(before: str) -> None:
    assert {mask_address(before + estate) for estate in ESTATES} == {before + "****"}


def test_every_unit_of_the_table_is_read_with_those_above_it() -> None:
    table = RegionTable.load()
    read = {row.code: mask_address(table.full_name(row.code) + "东方小镇3栋") for row in table}
    towns = ("街道", "镇", "乡", "苏木")
    shown = {row.code: row.code if row.level != "township" or row.name.endswith(towns) else row.parent for row in table}
    assert read == {code: table.full_name(str(unit)) + "****" for code, unit in shown.items()}
