"""Who acts is the subject at the issuer: one person in every spelling, and nobody behind an empty one."""

import pytest

from shared.auth import LONGEST_SUBJECT
from shared.errors import Unauthorized
from shared.workflow import SamePersonError, check_second_person, person
from tests.support import tokens


class _Request:
    """What the verifier reads of a request."""

    def __init__(self, token: str) -> None:
        self.headers = tokens.bearer(token)
        self.state = type("State", (), {})()


async def subject_of(subject: object) -> str:
    """The subject of a token that claims one, as the services see it."""
    token = tokens.token(changes={"sub": subject})
    return (await tokens.verifier().caller(_Request(token))).subject  # type: ignore[arg-type]  # what it reads is there


@pytest.mark.parametrize("again", ["Li", " li", "l i", "LI ", "\uff2c\uff29", "li\u3000", "l\u00a0i"])
def test_blanks_case_and_width_make_no_other_person(again: str) -> None:
    with pytest.raises(SamePersonError):
        check_second_person(again, ["wu", None, "li"])
    check_second_person(again, ["wu", None, "", "lin"])


def test_other_people_are_others() -> None:
    assert len({person(each) for each in ("li", "lin", "l-i", "li-01", "li-02", "李", "黎")}) == 7


@pytest.mark.parametrize(
    "subject", ["", " ", "\u3000", "li\u200b", "li\n", "\u202eli", "x" * (LONGEST_SUBJECT + 1), 7, None]
)
async def test_a_token_behind_which_nobody_can_be_seen_is_refused(subject: object) -> None:
    with pytest.raises(Unauthorized):
        await subject_of(subject)


@pytest.mark.parametrize(
    "subject", ["clerk-01", "张三", "a b", "01980000-0000-7000-8000-000000000001", "x" * LONGEST_SUBJECT]
)
async def test_a_subject_stays_as_the_issuer_wrote_it(subject: str) -> None:
    assert await subject_of(subject) == subject
