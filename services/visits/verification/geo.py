"""Coordinates: three datums in use in China, and the distance between two places."""

from __future__ import annotations

from math import asin, atan2, cos, pi, radians, sin, sqrt
from typing import NamedTuple

KM_PER_DEGREE = 111.2  # of latitude, and at most of longitude
LARGEST_SHIFT_KM = 2.0  # between any two of the datums inside China
EARTH_METRES = 6_371_008.8  # mean radius, IUGG
KRASOVSKY_METRES, KRASOVSKY_E2 = 6_378_245.0, 0.00669342162296594323  # the ellipsoid that GCJ-02 is defined on
BD_TURN = pi * 3000.0 / 180.0
BD_SHIFT_LATITUDE, BD_SHIFT_LONGITUDE = 0.006, 0.0065


def to_wgs84(latitude: float, longitude: float, datum: str) -> tuple[float, float]:
    """The place in WGS 84, degrees; good to a few metres inside China. Raw receivers give WGS84, maps the others."""
    if datum == "BD09":
        latitude, longitude = _bd09_to_gcj02(latitude, longitude)
    if datum != "WGS84":
        north, east = _gcj02_shift(latitude, longitude)
        latitude, longitude = latitude - north, longitude - east
    return latitude, longitude


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance of two places in WGS 84, metres (haversine)."""
    (lat1, lon1), (lat2, lon2) = one, other
    half_lat, half_lon = radians(lat2 - lat1) / 2, radians(lon2 - lon1) / 2
    chord = sin(half_lat) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(half_lon) ** 2
    return 2 * EARTH_METRES * asin(min(1.0, sqrt(chord)))


def _bd09_to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    x, y = longitude - BD_SHIFT_LONGITUDE, latitude - BD_SHIFT_LATITUDE
    distance = sqrt(x * x + y * y) - 0.00002 * sin(y * BD_TURN)
    angle = atan2(y, x) - 0.000003 * cos(x * BD_TURN)
    return distance * sin(angle), distance * cos(angle)


def _gcj02_shift(latitude: float, longitude: float) -> tuple[float, float]:
    """How far GCJ-02 moved a point, degrees north and east: the published polynomial and sine terms."""
    x, y = longitude - 105.0, latitude - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    flat = 1 - KRASOVSKY_E2 * sin(radians(latitude)) ** 2
    meridian = KRASOVSKY_METRES * (1 - KRASOVSKY_E2) / (flat * sqrt(flat))
    parallel = KRASOVSKY_METRES / sqrt(flat) * cos(radians(latitude))
    return north * 180.0 / (meridian * pi), east * 180.0 / (parallel * pi)


class Place(NamedTuple):
    """Degrees in the datum that the device gave, and the metres of uncertainty that it told, whatever they mean:
    ``Terms.uncertainty`` knows."""

    latitude: float
    longitude: float
    datum: str
    accuracy_m: float | None

    @classmethod
    def of(
        cls, latitude: float | None, longitude: float | None, datum: str | None, accuracy: float | None
    ) -> Place | None:
        """What a device told; none where it told none, or the zeros that stand for none."""
        if latitude is None or longitude is None or not (latitude or longitude):
            return None
        return cls(latitude, longitude, datum or "WGS84", accuracy)

    def metres_to(self, other: Place) -> float:
        """How far apart the two are as told."""
        if self[:3] == other[:3]:
            return 0.0
        here = to_wgs84(self.latitude, self.longitude, self.datum)
        there = to_wgs84(other.latitude, other.longitude, other.datum)
        return metres_between(here, there)
