"""Synthetic seniors: valid check digits in a county code that was never issued, so that no real person is hit."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shared.identity import identity_check_digit


@dataclass(frozen=True)
class Person:
    """One made-up senior."""

    name: str
    identity_number: str
    birth_date: date
    phone: str
    address: str
    account: str
    living_alone: bool


@dataclass(frozen=True)
class Names:
    """What names are made of."""

    surnames: str
    given: str
    streets: Sequence[str]


def people(
    count: int, names: Names, *, region6: str, seed: int, on: date, youngest: int = 60, oldest: int = 104
) -> Iterator[Person]:
    """``count`` different seniors, always the same for the same seed; ages fall off as they do in a city."""
    chance = random.Random(seed)
    used: set[str] = set()
    while len(used) < count:
        age = min(oldest, youngest + int(chance.expovariate(1 / 11)))
        birth = on.replace(year=on.year - age, day=1) - timedelta(days=chance.randrange(364))
        number = identity_number(region6, birth, chance.randrange(1000))
        if number not in used:
            used.add(number)
            yield _person(chance, names, number, birth)


def identity_number(region6: str, birth: date, sequence: int) -> str:
    """A number with a right check digit."""
    first = f"{region6}{birth:%Y%m%d}{sequence:03d}"
    return first + identity_check_digit(first)


def _person(chance: random.Random, names: Names, number: str, birth: date) -> Person:
    given = "".join(chance.choice(names.given) for _ in range(chance.choice((1, 2, 2, 2))))
    return Person(
        name=chance.choice(names.surnames) + given,
        identity_number=number,
        birth_date=birth,
        phone=f"139{chance.randrange(10**8):08d}",
        address=f"{chance.choice(names.streets)}{chance.randrange(1, 400)}号",
        account=f"6222{chance.randrange(10**15):015d}",
        living_alone=chance.random() < 0.12,
    )
