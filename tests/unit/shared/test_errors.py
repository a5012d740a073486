"""Every error answers as RFC 9457, in the language asked for."""

import pytest

from shared import errors
from shared.errors import BASE, PROBLEM_JSON, Conflict, FieldError, Invalid, NotFound, Problem, ProblemBody, problems


class Gone(NotFound):
    slug, title_en, title_zh = "thing-gone", "The thing is gone", "该事项已不存在"


ALL = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Problem)]


def test_each_kind_has_a_name_of_its_own_and_both_titles() -> None:
    assert len({kind.slug for kind in ALL}) == len(ALL) > 10
    for kind in ALL:
        assert kind.title_en.isascii()
        assert not kind.title_zh.isascii()
        assert 400 <= kind.status <= 599


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_body_is_the_published_shape(kind: type[Problem], lang: str) -> None:
    body = ProblemBody.model_validate(kind().body(lang, "/v1/x"))
    assert (body.type, body.status, body.instance) == (BASE + kind.slug, kind.status, "/v1/x")


def test_detail_title_and_field_messages_follow_the_language() -> None:
    problem = Invalid("Wrong.", "有误。", [FieldError.of("/a", "missing", "Say it", "请填写")], limit=3)
    zh, en = problem.body("zh"), problem.body("en")
    assert (zh["detail"], zh["title"], zh["errors"][0]["message"]) == ("有误。", Invalid.title_zh, "请填写")
    assert (en["detail"], en["title"], en["errors"][0]["message"]) == ("Wrong.", Invalid.title_en, "Say it")
    assert zh["limit"] == en["limit"] == 3
    assert "instance" not in zh


def test_without_words_a_problem_speaks_its_title() -> None:
    assert Gone().body("zh")["detail"] == Gone.title_zh
    assert str(Gone()) == Gone.title_en


def test_problems_lists_each_status_once_with_all_its_names() -> None:
    listed = problems(Gone, NotFound, Conflict)
    assert list(listed) == [404, 409]
    assert "thing-gone" in listed[404]["description"]
    assert "`not-found`" in listed[404]["description"]
    assert listed[409]["content"][PROBLEM_JSON]["example"]["type"] == BASE + "conflict"
