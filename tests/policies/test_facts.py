"""Every money and eligibility figure of the five texts stands in a pack with the same value, unit and force."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from services.subsidy.engine import POLICIES, Pack, Packs
from services.subsidy.engine.model import Dated

FACTS: dict[str, Any] = YAML(typ="safe").load((Path(__file__).parent / "facts.yaml").read_text(encoding="utf-8"))
PACKS = Packs.load(POLICIES)


def _names(entries: list[dict[str, Any]]) -> list[str]:
    return [f"{entry['row']} {entry['at']}" for entry in entries]


def _figure(dated: Dated, keys: list[Any]) -> Decimal | None:
    if dated.table is not None:
        return dated.table[keys[0]]
    if dated.bands is not None:
        return next(band.value for band in dated.bands if [band.at_least, band.at_most] == keys)
    return dated.value


@pytest.mark.parametrize("fact", FACTS["facts"], ids=_names(FACTS["facts"]))
def test_a_figure_of_the_text_stands_in_its_pack(fact: dict[str, Any]) -> None:
    pack = PACKS.for_region(fact["pack"])
    name, *keys = fact["at"]
    declared = pack.content.parameters[name]
    assert [_figure(dated, keys) for dated in declared.values] == [Decimal(str(fact["value"]))]
    assert (declared.unit, declared.semantics) == (fact["unit"], fact["semantics"])
    assert fact["text"] in declared.quotation


@pytest.mark.parametrize("fact", FACTS["lists"], ids=_names(FACTS["lists"]))
def test_a_list_of_the_text_stands_in_its_pack_whole(fact: dict[str, Any]) -> None:
    declared = PACKS.for_region(fact["pack"]).content.parameters[fact["at"]]
    assert [len(dated.members or ()) for dated in declared.values] == [fact["members"]]


@pytest.mark.parametrize("fact", FACTS["targets"], ids=_names(FACTS["targets"]))
def test_a_dated_target_keeps_its_figure_and_its_day(fact: dict[str, Any]) -> None:
    target = PACKS.for_region(fact["pack"]).content.targets[fact["at"]]
    assert target.value == (None if fact["value"] is None else Decimal(str(fact["value"])))
    assert (target.unit, target.due_on) == (fact["unit"], fact["due_on"])


@pytest.mark.parametrize("pack", list(PACKS), ids=lambda pack: pack.region)
def test_no_pack_has_a_target_that_is_no_fact(pack: Pack) -> None:
    read = {fact["at"] for fact in FACTS["targets"] if fact["pack"] == pack.region}
    assert set(pack.content.targets) == read


@pytest.mark.parametrize("pack", list(PACKS), ids=lambda pack: pack.region)
def test_no_pack_has_a_money_figure_that_is_no_fact(pack: Pack) -> None:
    """A figure that nobody read in the text is invented or borrowed."""
    read = {(fact["pack"], fact["at"][0]) for fact in FACTS["facts"]}
    printed = {
        name
        for name, declared in pack.content.parameters.items()
        for dated in declared.values
        if declared.unit.startswith("CNY/") or dated.bands or dated.table
    }
    assert {(pack.region, name) for name in printed} <= read


def test_effective_dates_are_nowhere_in_the_five_texts() -> None:
    dates: set[date | None] = {document.effective_on for pack in PACKS for document in pack.content.documents.values()}
    assert dates == {None}
