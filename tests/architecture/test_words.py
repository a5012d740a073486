"""The code serves every city, so it names none."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from pypinyin import lazy_pinyin

from shared.regions import RegionTable

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "services" / "subsidy" / "policies"
TIME_ZONE = re.compile(r"(Asia/)?Shanghai|SHANGHAI")  # names the time zone of the whole country


@cache
def city_names() -> re.Pattern[str]:
    """Prefectures and municipalities as the vendored table writes them, with and without their last character; in
    pinyin too; counties in full; and what the policy folders are called."""
    cities = {row.name for row in RegionTable.load() if row.level == "prefecture" or row.name.endswith("市")}
    stems = {re.sub(r"(市|地区|盟)$", "", name) for name in cities}
    counties = {row.name for row in RegionTable.load() if row.level == "county" and len(row.name) > 2}
    folders = {folder.name.partition("-")[2] for folder in POLICIES.iterdir() if folder.name[:6].isdigit()}
    assert len(stems) > 10
    assert folders
    chinese = {name for name in cities | stems | counties if len(name) > 1 and name not in {"市辖区", "县"}}
    latin = {"".join(lazy_pinyin(name)) for name in stems if len(name) > 1} | folders
    return re.compile("|".join([*map(re.escape, chinese), *(rf"(?i:(?<![a-z]){word}(?![a-z]))" for word in latin)]))


def sources() -> list[Path]:
    """The Python files of the services and of what they share."""
    return [file for folder in ("services", "shared") for file in (ROOT / folder).rglob("*.py")]


def test_no_python_file_names_a_city() -> None:
    found = {
        f"{file.relative_to(ROOT)}: {hit.group()}"
        for file in sources()
        for hit in city_names().finditer(TIME_ZONE.sub("", file.read_text(encoding="utf-8")))
    }
    assert found == set()


def test_the_check_knows_the_cities_it_looks_for() -> None:
    for text in ("泰州市的规定", "def taizhou_rule", "Taizhou", "policies/321200-taizhou"):
        assert city_names().search(text), text
    assert not city_names().search("按月统计的养老服务")
