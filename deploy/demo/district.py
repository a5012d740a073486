"""The demo's district, read from ``district.yaml``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from deploy.demo import clients
from deploy.demo.people import Names, Person, people
from shared.clock import Month, today

FILE = Path(__file__).with_name("district.yaml")


@dataclass(frozen=True)
class District:
    """Who and what the demo is about, and its two months."""

    content: dict[str, Any]

    @property
    def month(self) -> Month:
        """The month the story pays for: the last whole one."""
        return Month.of(today()).previous()

    @property
    def region(self) -> str:
        """The district's code."""
        return str(self.content["region"])

    @property
    def opening(self) -> date:
        """Long before the story: since when its organisations exist."""
        return date(self.month.year - 3, 1, 1)

    def vendor_id(self, vendor: dict[str, Any]) -> str:
        """The organisation that a vendor's client acts for."""
        return str(clients.load()[vendor["client"]].organization)

    def people(self, count: int, offset: int = 0) -> Iterator[Person]:
        """Synthetic seniors; another offset gives other people."""
        names = Names(**{key: self.content["names"][key] for key in ("surnames", "given", "streets")})
        return people(
            count,
            names,
            region6=self.content["identity_region6"],
            seed=self.content["seed"] + offset,
            on=self.month.first,
        )

    def credit_code(self, category: str, serial: int) -> str:
        """A made-up unified social credit code with right check characters."""
        return social_credit_code(category, f"{self.content['identity_region6']}", serial)


ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def social_credit_code(category: str, region6: str, serial: int) -> str:
    """GB 32100 with GB 11714 inside, both check characters computed."""
    organization = f"DEM{serial:05d}"
    values = [int(c) if c.isdigit() else ord(c) - 55 for c in organization]
    rest = 11 - sum(v * w for v, w in zip(values, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    first = f"{category}{region6}{organization}{'X' if rest == 10 else '0' if rest == 11 else rest}"
    weighted = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(first))
    return first + ALPHABET[(31 - weighted % 31) % 31]


def days_of(month: Month) -> list[date]:
    """Every day of a month."""
    return [month.first + timedelta(days=n) for n in range(month.days)]


@cache
def load() -> District:
    """The district."""
    return District(YAML(typ="safe").load(FILE.read_text(encoding="utf-8")))
