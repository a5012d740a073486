"""Least ages of the law, read from a dated file."""

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FILE = Path(__file__).with_name("ages.yaml")


@cache
def _ages() -> Mapping[str, list[tuple[date, int]]]:
    raw: dict[str, list[dict[str, Any]]] = YAML(typ="safe").load(FILE)
    return {who: sorted((value["since"], value["years"]) for value in values) for who, values in raw.items()}


@lru_cache(maxsize=1024)
def least_age(who: str, on: date) -> int:
    """From how many full years on somebody is a `senior` or may be a `worker`, by the law of a day."""
    values = _ages()[who]
    return next((years for since, years in reversed(values) if since <= on), values[0][1])
