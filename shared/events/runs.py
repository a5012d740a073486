"""Cutting a batch into few runs of one type without changing the order within any key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from shared.contracts import Event, Received


def runs(received: Iterable[Received[Any]]) -> list[tuple[type[Event], Sequence[Received[Any]]]]:
    """Runs to be handled one after the other.

    Events of different keys may change places, because nothing says which came first; events of one key may not.
    So an event joins the earliest run of its type that is not before the last run of its key, or opens a new one.
    A batch of four types with few keys touched twice becomes about four runs, however the types are mixed.
    """
    found: list[tuple[type[Event], list[Received[Any]]]] = []
    of_type: dict[type[Event], list[int]] = {}
    last_of_key: dict[str, int] = {}
    for item in received:
        kind = type(item.data)
        places = of_type.setdefault(kind, [])
        earliest = last_of_key.get(item.key, -1)
        place = next((p for p in places if p >= earliest), None)
        if place is None:
            place = len(found)
            places.append(place)
            found.append((kind, []))
        found[place][1].append(item)
        last_of_key[item.key] = place
    return list(found)
