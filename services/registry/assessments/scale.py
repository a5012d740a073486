"""Read a published scale from its dated file."""

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from services.registry.abilities.domain import Band, Changes, Item, Scale

FOLDER = Path(__file__).parent
CURRENT = "gbt42195-2022"


@cache
def load_scale(name: str = CURRENT) -> Scale:
    """The scale of that name.

    Raises:
        ValueError: the file contradicts itself: a subtotal is wrong, or the bands leave a gap or overlap.
    """
    raw: dict[str, Any] = YAML(typ="safe").load(FOLDER / f"{name}.yaml")
    items = tuple(item for group in raw["items"]["groups"] for item in _group(group))
    bands = tuple(Band(**band) for band in raw["bands"]["levels"])
    _check_bands(bands, sum(item.maximum for item in items))
    rules = raw["changes"]
    changes = Changes(
        coma_level=rules["coma_level"],
        mental_disorder_raises=rules["mental_disorder_raises"],
        risk_events_needed=rules["risk_events_needed"],
        risk_events_raise=rules["risk_events_raise"],
        both_raise=rules["both_raise"]["value"],
    )
    return Scale(raw["name"], items, bands, changes)


def _group(group: dict[str, Any]) -> list[Item]:
    items = [Item(group=group["zh"], **item) for item in group["items"]]
    if sum(item.maximum for item in items) != group["subtotal"]:
        raise ValueError(f"{group['zh']}: the maxima do not add up to {group['subtotal']}")
    return items


def _check_bands(bands: tuple[Band, ...], highest: int) -> None:
    covered = sorted(total for band in bands for total in range(band.lowest, band.highest + 1))
    if covered != list(range(highest + 1)):
        raise ValueError(f"the bands must cover every total from 0 to {highest} once")
