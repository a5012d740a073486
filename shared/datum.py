"""Which of the datums 坐标系 in use in China a place's coordinates are of: one spelling in every document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import WithJsonSchema

Datum = Literal["WGS-84", "GCJ-02", "BD-09"]
STORED: dict[str, str] = {"WGS-84": "WGS84", "GCJ-02": "GCJ02", "BD-09": "BD09"}
"""As deliveries are stored, and as their vendors spelt them before there was one spelling."""
SPELT: dict[str, Datum] = {"WGS84": "WGS-84", "GCJ02": "GCJ-02", "BD09": "BD-09"}
GivenDatum = Annotated[
    Literal["WGS-84", "GCJ-02", "BD-09", "WGS84", "GCJ02", "BD09"],
    WithJsonSchema({"type": "string", "enum": list(STORED)}),
]
"""In a delivery: the former spelling is taken as well, and means the same."""
