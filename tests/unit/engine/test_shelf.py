"""Names of files are looked up in the list of a folder, and no link leads out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.subsidy.engine import Packs
from services.subsidy.engine.shelf import Shelf
from tests.unit.engine.conftest import town_in
from tests.unit.engine.test_refusals import DISTRICT, refusals


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file beside the root."""
    file = tmp_path / "secret.txt"
    file.write_text("每人500元", encoding="utf-8")
    return file


CLIMBS = [
    "../secret.txt", "town/../../secret.txt", "{file}", "./town/pack.yaml", "town//pack.yaml", "", ".", "..", "town",
    "town/pack.yaml/", "town\\pack.yaml", "TOWN/pack.yaml", "town/pack.yaml\x00", "%2e%2e/secret.txt",
]  # fmt: skip
LINKS = ["town/extra.txt", "town/parameters/extra.yaml", "more", "town/districts/321203-more", "national/extra.yaml"]


@pytest.mark.parametrize("name", CLIMBS)
def test_only_a_name_of_the_list_is_found(tmp_path: Path, secret: Path, name: str) -> None:
    shelf = Shelf(town_in(tmp_path))
    assert shelf.text("town/pack.yaml")
    assert shelf.text(name.format(file=secret)) is None


@pytest.mark.parametrize("name", CLIMBS)
def test_no_document_of_a_pack_or_a_district_is_found_by_a_path(tmp_path: Path, secret: Path, name: str) -> None:
    root = town_in(tmp_path)
    for file in (DISTRICT, "town/pack.yaml"):
        text = (root / file).read_text(encoding="utf-8")
        (source,) = {line.strip() for line in text.splitlines() if line.strip().startswith("source: ")}
        (root / file).write_text(text.replace(source, f"source: {ascii(name.format(file=secret))[1:-1]!r}"), "utf-8")
    assert {item.code for item in refusals(root)} & {"source_missing", "not_yaml"}


@pytest.mark.parametrize(
    "link",
    ["town/extra.txt", "town/parameters/extra.yaml", "more", "town/districts/321203-more", "national/extra.yaml"],
)
@pytest.mark.parametrize("target", ["secret.txt", "/etc/passwd", "/proc/self/environ", ".", "/etc"])
def test_a_link_that_leads_out_is_told_and_not_followed(tmp_path: Path, secret: Path, link: str, target: str) -> None:
    root = town_in(tmp_path)
    there = secret.parent / target if not target.startswith("/") else Path(target)
    if there.is_dir() != ("." not in link.rpartition("/")[2]):
        return
    (root / link).symlink_to(there)
    assert Shelf(root).text(link) is None
    assert [(item.code, item.place.file) for item in refusals(root)] == [("leads_out", link)]


def test_a_link_within_the_folder_is_followed_as_mounted_settings_need_it(tmp_path: Path) -> None:
    """A mounted folder shows each file as a link to a dated folder beside it."""
    root = town_in(tmp_path)
    district = (root / DISTRICT).parent
    given, dated = tmp_path / "given", tmp_path / "given" / "..2026"
    dated.mkdir(parents=True)
    for file in district.iterdir():
        file.rename(dated / file.name)
        (given / file.name).symlink_to(dated / file.name)
    assert Packs.load(root, [given]).for_region("321202").region == "321202"


def test_a_link_to_a_folder_above_does_not_turn_in_circles(tmp_path: Path) -> None:
    root = town_in(tmp_path)
    (root / "town" / "again").symlink_to(root)
    assert len(list(Packs.load(root))) == len(["town", "east"])
