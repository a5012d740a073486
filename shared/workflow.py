"""What goes through states one step at a time, with a second person 第二人 who decides."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

State = TypeVar("State", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)


class MoveRefusedError(ValueError):
    """It is not where this action starts from."""


class SamePersonError(ValueError):
    """Four eyes: whoever had a hand in it before may not decide on it."""


def follow(moves: Mapping[tuple[State, Action], State], state: State, action: Action) -> State:
    """The state after an action; MoveRefusedError when it cannot be done from here."""
    try:
        return moves[state, action]
    except KeyError:
        raise MoveRefusedError(f"{action} is not possible in the state {state}") from None


def person(subject: str) -> str:
    """Who acts: the subject at the issuer, through whichever client, with no regard to blanks, case and width.

    For comparisons only; what is stored is the subject as the issuer wrote it. The database compares by the same rule
    (``deploy/migrations/persons.py``).
    """
    return "".join(unicodedata.normalize("NFKC", subject).casefold().split())


def check_second_person(actor: str, before: Iterable[str | None]) -> None:
    """SamePersonError when the actor is one of those who had a hand in it before; both are subjects at the issuer."""
    if person(actor) in {person(each) for each in before if each}:
        raise SamePersonError("a second person has to decide")
