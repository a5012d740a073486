"""What goes through states one step at a time, with a second person 第二人 who decides."""

from __future__ import annotations

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


def check_second_person(actor: str, before: Iterable[str | None]) -> None:
    """SamePersonError when the actor is one of those who had a hand in it before."""
    if actor in {person for person in before if person}:
        raise SamePersonError("a second person has to decide")
