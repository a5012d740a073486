"""What the worked cases cannot hold: targets, and figures that no formula reads. The table of facts holds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from services.subsidy.engine import Pack
from services.subsidy.engine.targets import Target
from tests.mutation.figures import Figure

FACTS: dict[str, list[dict[str, Any]]] = YAML(typ="safe").load(
    (Path(__file__).parents[1] / "policies" / "facts.yaml").read_text(encoding="utf-8")
)
Said = tuple[Decimal | None, date | None]


def hold(pack: Pack, figure: Figure) -> bool:
    """Whether the table says another value than a moved figure that no programme of the city reads."""
    read = {name for programme in pack.programmes.values() for name in programme.parameters()}
    moved = figure.change.get("value")
    said = [Decimal(str(fact["value"])) for fact in FACTS["facts"] if fact["at"] == [figure.parameter]]
    return figure.parameter not in read and not figure.local and bool(said) and moved not in said


def targets(packs: Mapping[str, Pack]) -> tuple[Counter[str], list[str]]:
    """How many figures and days of targets were moved in each city, and those that the table does not hold."""
    made, unheld = Counter[str](), []
    for city, pack in packs.items():
        for name, target in pack.content.targets.items():
            said = next((_said(fact) for fact in FACTS["targets"] if _is(fact, pack, name)), None)
            for moved in _moved(target):
                made[f"{city} targets"] += 1
                if said in (None, moved):
                    unheld.append(f"{city}: target {name} {moved}")
    return made, unheld


def _is(fact: Mapping[str, Any], pack: Pack, name: str) -> bool:
    return bool(fact["at"] == name and pack.region.startswith(fact["pack"][:4]))


def _said(fact: Mapping[str, Any]) -> Said:
    return None if fact["value"] is None else Decimal(str(fact["value"])), fact["due_on"]


def _moved(target: Target) -> Iterator[Said]:
    for sign in (-1, 1):
        if target.value is not None:
            yield target.value + sign, target.due_on
        if target.due_on is not None:
            yield target.value, target.due_on + timedelta(days=sign)
