"""What is left of personal data after masking."""

import pytest

from shared.masking import mask_account, mask_address, mask_identity_number, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "shown"), [("张三", "张*"), ("欧阳修远", "欧*"), ("阿依古丽·买买提", "阿*"), ("𠅤某", "𠅤*"), ("", "")]
)
def test_a_name_shows_its_first_character_and_not_its_length(name: str, shown: str) -> None:
    assert mask_name(name) == shown


def test_an_identity_number_keeps_four_digits_at_each_end() -> None:
    assert mask_identity_number("321202194901011234") == "3212**********1234"
    assert mask_identity_number("12345678") == "********"


@pytest.mark.parametrize(
    ("phone", "shown"), [("13812345678", "138****5678"), ("0523-86881234", "052******1234"), ("110", "***")]
)
def test_a_phone_keeps_three_and_four(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown


def test_an_account_keeps_its_last_four_digits() -> None:
    assert mask_account("6222021115001234567") == "***************4567"
    assert mask_account("1234") == "****"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("江苏省泰州市海陵区城东街道春晖路12号3栋402室", "江苏省泰州市海陵区城东街道****"),
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
