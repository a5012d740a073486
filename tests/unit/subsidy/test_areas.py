"""Where a run may hold lines, and which parts of a region were looked at before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from services.subsidy.runs.area import Area, Look, holds, pieces
from shared.regions import prefix_of

START = datetime(2026, 10, 1, tzinfo=UTC)
PARTS = ("32", "12", "13", "02", "03", "001", "002", "000")
REGIONS = st.builds(
    lambda city, county, street, depth: ("32" + city + county + street)[:depth].ljust(12, "0"),
    st.sampled_from(["12", "13"]),
    st.sampled_from(["02", "03", "91"]),
    st.sampled_from(["001000", "002000", "002001"]),
    st.sampled_from([2, 4, 6, 9, 12]),
)
LOOKS = st.builds(
    lambda region, day, decided: Look(
        prefix_of(region), START + timedelta(days=day) if decided else None, "law", not decided
    ),
    REGIONS,
    st.integers(0, 90),
    st.booleans(),
)


@given(REGIONS, st.lists(REGIONS, min_size=1))
def test_an_area_holds_what_its_prefix_begins_and_nothing_else(region: str, places: list[str]) -> None:
    area = Area(tuple({place[:6] for place in places}), (prefix_of(region),))
    held = pl.DataFrame({"place": places}).filter(holds("place", area))["place"].to_list()
    assert held == [place for place in places if place.startswith(prefix_of(region))]


@given(REGIONS, st.lists(REGIONS, min_size=1))
def test_an_area_of_the_unit_itself_holds_that_unit_alone(region: str, places: list[str]) -> None:
    area = Area(tuple({place[:6] for place in places}), (region,))
    held = pl.DataFrame({"place": places}).filter(holds("place", area))["place"].to_list()
    assert held == [place for place in places if place == region]


@given(REGIONS, st.lists(LOOKS, max_size=8))
def test_the_parts_of_a_look_back_are_decided_lie_within_and_never_overlap(region: str, looks: list[Look]) -> None:
    prefix = prefix_of(region)
    found = pieces(prefix, looks)
    for piece, look in found.items():
        assert piece.startswith(prefix)
        assert piece.startswith(look.prefix)
        covering = [one.frozen_at for one in looks if one.frozen_at and piece.startswith(one.prefix)]
        assert look.frozen_at == max(covering)
        assert not any(
            one.undecided and (one.prefix.startswith(piece) or piece.startswith(one.prefix)) for one in looks
        )
        assert not any(piece != other and piece.startswith(other) for other in found)


@given(REGIONS, st.lists(LOOKS, max_size=8))
def test_no_decided_part_is_forgotten_but_what_is_looked_at_now(region: str, looks: list[Look]) -> None:
    prefix = prefix_of(region)
    found = pieces(prefix, looks)
    busy = [one.prefix for one in looks if one.undecided]
    for one in looks:
        inner = max(prefix, one.prefix, key=len)
        related = prefix.startswith(one.prefix) or one.prefix.startswith(prefix)
        if (
            one.frozen_at
            and related
            and not any(inner.startswith(other) or other.startswith(inner[:2]) for other in busy)
        ):
            assert any(inner.startswith(piece) for piece in found)
