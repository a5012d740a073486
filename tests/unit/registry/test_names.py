"""What a name can be found by."""

import hashlib

import pytest

from services.registry.search.blinding import Blinder
from services.registry.search.tokens import RULES, index_tokens, query_tokens, readings_of
from shared.crypto import Keyring


def fits(query: str, name: str) -> bool:
    """Whether the index would find the name."""
    tokens = index_tokens(name)
    terms = query_tokens(query)
    return bool(terms) and all(term & tokens for term in terms)


@pytest.mark.parametrize(
    ("surname", "readings"),
    [("单", "shan dan chan"), ("曾", "zeng ceng"), ("仇", "qiu chou"), ("区", "ou qu"), ("盖", "ge gai")],
)
def test_a_surname_is_found_by_each_of_its_readings(surname: str, readings: str) -> None:
    for reading in readings.split():
        assert fits(reading, f"{surname}建国")
        assert fits(f"{reading}jianguo", f"{surname}建国")
        assert fits(f"{reading[0]}jg", f"{surname}建国")


def test_a_reading_in_a_word_does_not_hide_the_others() -> None:
    assert fits("zhang", "长乐")
    assert fits("chang", "长乐")


@pytest.mark.parametrize("dot", [".", "·", "•", "・", "‧", " "])
def test_every_middle_dot_is_the_same(dot: str) -> None:
    assert fits("买买提·吐尔逊", f"买买提{dot}吐尔逊")
    assert fits("吐尔逊", f"买买提{dot}吐尔逊")


def test_the_given_name_parts_of_it_and_mixed_queries_find() -> None:
    for query in ("建国", "jianguo", "jian guo", "张 建国", "zhang 建国", "ＺＨＡＮＧ", "ZJG"):
        assert fits(query, "张建国"), query
    for query in ("建华", "zjh", "国建", "li", ""):
        assert not fits(query, "张建国"), query


def test_a_character_without_a_known_reading_is_found_as_itself() -> None:
    assert fits("\U00031abc", "张\U00031abc")


def test_a_very_long_name_has_a_bounded_number_of_tokens() -> None:
    assert len(index_tokens("单曾仇区盖" * 10)) < 200


def test_stored_tokens_depend_on_the_key_and_fit_a_bigint() -> None:
    one, other = (Blinder(Keyring({1: bytes([n]) * 32}, 1, bytes([n]) * 32)) for n in (1, 2))
    numbers = one.numbers(index_tokens("张建国"))
    assert all(-(2**63) <= number < 2**63 for number in numbers)
    assert set(numbers) == {int(text) for text in one.of_name("张建国").split()}
    assert not set(numbers) & set(other.numbers(index_tokens("张建国")))


@pytest.mark.parametrize("name", ["欧阳修远", "司徒静怡", "上官婉儿", "诸葛孔明", "夏侯惇之"])
def test_a_surname_of_two_characters_leaves_the_given_name_to_be_found(name: str) -> None:
    given = [readings_of(character)[0] for character in name[2:]]
    for query in (name[2:], "".join(given), " ".join(given), "".join(one[0] for one in given)):
        assert fits(query, name), query
    assert not fits("".join(given), name[:2] + "三四")


@pytest.mark.parametrize("name", ["张 建国", "张\u3000建国", "张·建国", "张.建国"])
def test_a_name_is_found_without_its_dots_and_blanks(name: str) -> None:
    for query in ("张建国", "张建", "zhangjianguo", "zjg", "张 建国", "建国"):
        assert fits(query, name), query
    assert fits("阿依古丽买买提", "阿依古丽·买买提")


@pytest.mark.parametrize("query", ["lü", "lv", "lyu", "lu:", "LÜ", "lu\u0308", "lyujianguo", "lüjianguo", "Lü Jianguo"])
def test_an_umlaut_is_found_however_it_is_written(query: str) -> None:
    assert fits(query, "吕建国")
    assert not fits(query, "刘建国")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("马建国", "\u2ee2建国"),
        ("\u2ee2建国", "马建国"),
        ("ma", "\u2ee2建国"),
        ("䶮", "刘\ue863"),
        ("黄", "\u2ee9英"),
        ("金", "\u2fa6英"),
        ("葛英", "葛\U000e0100英"),
        ("葛\ufe00英", "葛英"),
    ],
)
def test_another_code_of_the_same_character_finds(query: str, name: str) -> None:
    assert fits(query, name)


def test_whoever_changes_what_names_are_indexed_by_raises_the_version() -> None:
    names = ("单建国", "欧阳修远", "司徒玉兰", "吕布", "买买提·艾力", "曾 子", "马⻢", "O'Brien", "张𠅤", "区 ・雪")
    told = "\n".join(" ".join(sorted(index_tokens(name))) for name in names)
    known = {2: "b4450eaff5a7ac9e"}
    assert {RULES: hashlib.sha256(told.encode()).hexdigest()[:16]} == known
