"""Change one thing at a time and say what no case noticed."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from tests.mutation import facts
from tests.mutation.answers import Suite, suites
from tests.mutation.figures import Figure, figures
from tests.mutation.formulas import SAME, comparisons

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mutations.md"


def main() -> int:
    """0 when every change is noticed, 1 when one is not."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/mutations.md")
    asked = parser.parse_args()
    files = list(suites())
    made, missed = _of_packs(files)
    turned, unseen = _of_formulas(files)
    page = _page(files, made, missed, turned, unseen)
    print(page)
    if asked.write:
        PAGE.write_text(page, encoding="utf-8")
    return 1 if missed or unseen else 0


def _of_packs(files: list[Suite]) -> tuple[Counter[str], list[str]]:
    """How many figures were moved in each city and district file, and those no case noticed."""
    found: dict[tuple[str, str], list[tuple[Suite, Figure]]] = {}
    for suite in files:
        for figure in figures(suite.pack):
            source = " + ".join([suite.city, *suite.file.overrides]) if figure.local else suite.city
            found.setdefault((source, f"{figure.parameter} {figure.path}"), []).append((suite, figure))
    made = Counter(source for source, _ in found)
    missed = [
        f"{source}: {words}"
        for (source, words), pairs in found.items()
        if not any(
            figure.refused(suite.pack) or suite.notices_moved(figure) or facts.hold(suite.pack, figure)
            for suite, figure in pairs
        )
    ]
    moved, unheld = facts.targets({suite.city: suite.pack for suite in files})
    return made + moved, [*missed, *unheld]


def _of_formulas(files: list[Suite]) -> tuple[int, list[str]]:
    """How many comparisons were turned, and those no case noticed."""
    unseen, number = [], 0
    for comparison in comparisons():
        number += 1
        with comparison.swapped():
            if not any(suite.notices(lambda pack: pack) for suite in files):
                unseen.append(f"{comparison.module.__name__}:{comparison.line}: {comparison.text}")
    return number, unseen


def _page(files: list[Suite], made: Counter[str], missed: list[str], turned: int, unseen: list[str]) -> str:
    rows = [f"| {source} | {number} |" for source, number in sorted(made.items())]
    return "\n".join(
        [
            "# Whether the worked cases notice every change 变异检验",
            "",
            f"Written by `python -m tests.mutation --write` on {datetime.now(UTC):%Y-%m-%d}: {_size(files)}.",
            "Each figure of each pack is moved one step up and one down (a fen, a hundredth of a factor, a year, a",
            "day); each comparison in a formula or a condition is turned (`<` to `<=`, `==` to `!=`, `is_between`",
            "without its ends). A change is noticed when the loader refuses it, or when at least one case then",
            "answers otherwise than worked out by hand. Targets, and the few figures that no formula reads, are held",
            "against `tests/policies/facts.yaml`, which was read from the texts by hand.",
            "",
            "| figures of | changes |",
            "|---|---|",
            *rows,
            f"| comparisons in formulas and conditions | {turned} |",
            "",
            f"Not noticed: {len(missed)} figures, {len(unseen)} comparisons.",
            "",
            "Left out because either way gives the same result:",
            "",
            *(f"- `{text}` in {module}: {why}" for (module, text), why in SAME.items()),
            "",
            *(f"- {line}" for line in [*missed, *unseen]),
            "",
        ]
    )


def _size(files: list[Suite]) -> str:
    return f"{sum(len(suite.file.cases) for suite in files)} cases in {len(files)} files"


if __name__ == "__main__":
    sys.exit(main())
