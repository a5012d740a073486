"""Districts of the five cities that decided what their worked cases assume, so that every programme can pay there.

No city's text says all that a payment needs; the worked cases of its pack say what they take for decided. Here a county
of each city decides just that, marked as a sample. Another county of the city decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

from ruamel.yaml import YAML

from deploy.local.environment import SAMPLE_POLICY
from services.subsidy.engine import Pack
from services.subsidy.policies.cases import Worked, work

DECIDED = {"110000": "110102", "231000": "231003", "321200": "321281", "510900": "510904", "532300": "532302"}
"""A county of each city that decides what the cases assume; of the demo's city what the demo's sample says."""
SILENT = {"110000": "110105", "231000": "231004", "321200": "321282", "510900": "510903", "532300": "532301"}
"""A county of each city that decides nothing."""
DEMO, SAMPLE = "321200", "321202"
SINCE = date(2026, 1, 1)


@dataclass(frozen=True)
class Example:
    """A worked case that one set of decisions can stand beside those of the city's other programmes."""

    city: str
    programme: str
    worked: Worked


@cache
def examples() -> tuple[Example, ...]:
    """The first case of every programme that pays, or else its first."""
    chosen: dict[tuple[str, str], Worked] = {}
    for worked in work():
        key = (worked.pack.region[:4] + "00", worked.given.programme)
        best = chosen.get(key)
        if best is None or _fitness(worked) > _fitness(best):
            chosen[key] = worked
    return tuple(Example(city, programme, worked) for (city, programme), worked in sorted(chosen.items()))


def _fitness(worked: Worked) -> tuple[bool, bool]:
    """A case that needs nothing beside the demo's sample comes before one that does, one that pays before all."""
    sample = worked.pack.region != SAMPLE or not (worked.case.set or worked.given.set)
    elsewhere = worked.pack.region == DEMO
    return sample and not elsewhere, worked.case.outcome == "paid"


def decided(city: str) -> dict[str, dict[str, Any]]:
    """What the chosen cases of a city take for decided, by parameter."""
    found: dict[str, dict[str, Any]] = {}
    for example in examples():
        if example.city == city:
            law = example.worked.given.law(example.worked.pack, example.worked.case)
            for name, values in law.content.local.items():
                entry = values[0].model_dump(mode="json", exclude_none=True)
                found.setdefault(name, entry | {"since": SINCE.isoformat()})
    return found


def write(folder: Path) -> list[Path]:
    """A folder with the decisions of each county that decides."""
    decided = [_write(folder / county, city, county) for city, county in DECIDED.items() if city != DEMO]
    return [SAMPLE_POLICY, _copy(folder / DECIDED[DEMO]), *decided]


def _copy(folder: Path) -> Path:
    """The demo's sample for another county, so that its people are its own."""
    copytree(SAMPLE_POLICY, folder)
    file = folder / "override.yaml"
    text = file.read_text(encoding="utf-8").replace(f'region: "{SAMPLE}"', f'region: "{DECIDED[DEMO]}"')
    file.write_text(text, encoding="utf-8")
    return folder


def _write(folder: Path, city: str, county: str) -> Path:
    pack = next(example.worked.pack for example in examples() if example.city == city)
    file = {
        "format": "anxiang.override.v1",
        "region": county,
        "of": city,
        "name": {"zh": "试验区", "en": "Test district"},
        "sample": True,
        "note": {"zh": "为试验而设,不是法规。", "en": "Made up for a test, no law."},
        "documents": [],
        "effective": [_effective(document) for document in _documents(pack)],
        "values": list(decided(city).values()),
    }
    folder.mkdir(parents=True)
    with (folder / "override.yaml").open("w", encoding="utf-8") as out:
        YAML().dump(file, out)
    return folder


def _documents(pack: Pack) -> list[str]:
    return list(pack.content.documents)


def _effective(document: str) -> dict[str, Any]:
    reason = {"zh": "试验自此日起计算。", "en": "The test counts from this day."}
    who = {"entered_by": "试验 test", "entered_on": SINCE.isoformat()}
    return {"document": document, "on": SINCE.isoformat(), "reason": reason} | who
