"""A changed policy file counts within a second; an unfit one changes nothing and is told."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.subsidy.engine import POLICIES, Packs
from services.subsidy.errors import PoliciesUnfit
from services.subsidy.library import REFUSALS, Edition, Library

AMOUNT = "parameters/longevity_allowance.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """One city's files and a sample district's, to be changed at will."""
    for name in ("national", "321200-taizhou", "samples/321202"):
        shutil.copytree(POLICIES / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def library(root: Path) -> Iterator[Library]:
    """A library of these files."""
    opened = Library(root, [root / "samples" / "321202"])
    yield opened
    opened.close()


def change(path: Path, old: str, new: str) -> None:
    """Write one file anew."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def until(library: Library, fits: Callable[[Edition], bool], patience: float = 20) -> float:
    """Seconds until the edition in use fits."""
    started = time.monotonic()
    while not fits(library.edition):
        assert time.monotonic() - started < patience, library.edition
        time.sleep(0.01)
    return time.monotonic() - started


def first_band(library: Library) -> str:
    """What somebody of 80 is due in the sample district."""
    (value, *_) = library.packs().for_region("321202").content.local["longevity_allowance.amount"]
    return str((value.bands or ())[0].value)


def test_a_changed_value_is_in_use_in_under_a_second_and_the_city_keeps_its_hash(library: Library, root: Path) -> None:
    sample = root / "samples" / "321202"
    before = {pack.region: pack.hash for pack in library.packs()}
    took = []
    for old, new in (("60", "75"), ("75", "90"), ("90", "60")):  # the best of three: others use this machine, too
        change(sample / "notice.txt", f"80~89周岁{old}元", f"80~89周岁{new}元")
        text = (sample / "override.yaml").read_text(encoding="utf-8")
        text = text.replace(f"at_most: 89, value: {old}}}", f"at_most: 89, value: {new}}}")
        (sample / "override.yaml").write_text(text.replace(f"80~89周岁{old}元", f"80~89周岁{new}元"), encoding="utf-8")
        took.append(until(library, lambda _, wanted=new: first_band(library) == wanted))  # type: ignore[misc]
        after = {pack.region: pack.hash for pack in library.packs()}
        assert after["321200"] == before["321200"]
    assert min(took) < 1, took
    assert after == before  # what says the same has the same name


def test_an_unfit_file_leaves_the_old_packs_in_use_and_names_file_line_and_key(library: Library, root: Path) -> None:
    in_use = library.packs()
    change(root / "samples" / "321202" / "override.yaml", "at_most: 89, value: 60}", "at_most: 89, value: 49}")
    until(library, lambda edition: bool(edition.refusals))
    (refusal,) = library.edition.refusals
    assert refusal.place.file.endswith("override.yaml")
    assert refusal.place.key == "values.0.bands"
    assert "49 is under the floor of 50" in refusal.sentence("en")
    assert library.packs() is in_use
    assert library.edition.refused_at is not None
    assert REFUSALS._value.get() == 1
    change(root / "samples" / "321202" / "override.yaml", "at_most: 89, value: 49}", "at_most: 89, value: 60}")
    until(library, lambda edition: not edition.refusals)
    assert first_band(library) == "60"
    assert REFUSALS._value.get() == 0


def test_a_file_that_is_no_text_at_all_leaves_the_old_packs_in_use(library: Library, root: Path) -> None:
    in_use = library.packs()
    (root / "321200-taizhou" / AMOUNT).write_bytes(b"\xff\xfe\x00")
    until(library, lambda edition: bool(edition.refusals))
    assert "longevity_allowance.yaml" in library.edition.refusals[0].sentence()
    assert library.packs() is in_use


def test_a_new_districts_folder_is_seen_and_a_deleted_one_is_gone(library: Library, root: Path) -> None:
    assert library.packs().for_region("321203").region == "321200"
    folder = root / "321200-taizhou" / "districts" / "321203-next"
    shutil.copytree(root / "samples" / "321202", folder)
    change(folder / "override.yaml", 'region: "321202"', 'region: "321203"')
    until(library, lambda _: library.packs().for_region("321203").region == "321203")
    shutil.rmtree(folder)
    until(library, lambda _: library.packs().for_region("321203").region == "321200")


def test_without_any_fit_packs_the_service_says_so_until_they_are_mended(root: Path) -> None:
    path = root / "321200-taizhou" / "pack.yaml"
    kept = path.read_text(encoding="utf-8")
    path.write_text(kept + "colour: red\n", encoding="utf-8")
    unfit = Library(root)
    try:
        with pytest.raises(PoliciesUnfit) as refused:
            unfit.packs()
        assert "colour" in refused.value.en
        assert "第" in refused.value.zh
        path.write_text(kept, encoding="utf-8")
        until(unfit, lambda edition: edition.packs is not None)
        assert unfit.packs().for_region("321203").region == "321200"
    finally:
        unfit.close()


def test_a_file_that_moves_while_it_is_read_is_read_again(
    library: Library, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.packs()
    path = root / "samples" / "321202" / "override.yaml"
    load = Packs.load
    moved: list[int] = []

    def meddle(*args: object, **options: object) -> object:
        packs = load(*args, **options)  # type: ignore[arg-type]  # whatever it was called with
        if not moved:
            moved.append(1)
            path.write_text(path.read_text(encoding="utf-8") + "# still writing\n", encoding="utf-8")
        return packs

    monkeypatch.setattr(Packs, "load", meddle)
    loaded = library.edition.loaded_at
    path.write_text(path.read_text(encoding="utf-8") + "# writing\n", encoding="utf-8")
    until(library, lambda edition: edition.loaded_at != loaded)
    assert moved == [1]
    assert library.edition.packs is not None
