"""``python -m shared.contracts write|check``: the committed schemas and AsyncAPI documents."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from shared.contracts import EVENTS, asyncapi, schemas
from shared.contracts.compatibility import breaks


def drift() -> list[str]:
    """What is committed and no longer true, one sentence each."""
    wanted = schemas.documents() | asyncapi.documents()
    there = {*schemas.FOLDER.glob("*"), *asyncapi.FOLDER.glob("*")}
    stale = [f"{path.name} is not what the models say" for path, text in wanted.items() if _read(path) != text]
    return stale + [f"{path.name} belongs to no event" for path in sorted(there - wanted.keys())]


def broken() -> list[str]:
    """Published versions that the models would break."""
    found = []
    for name, event in EVENTS.items():
        if (schemas.FOLDER / f"{name}.json").exists():
            found += [f"{name}: {what}" for what in breaks(schemas.committed(name), schemas.schema_of(event))]
    return found


def write() -> None:
    """Write every document."""
    for path, text in (schemas.documents() | asyncapi.documents()).items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main() -> int:
    """Write the documents, or say what is wrong with them and return 1."""
    parser = argparse.ArgumentParser(prog="python -m shared.contracts", description=__doc__)
    parser.add_argument("action", choices=["write", "check"])
    parser.add_argument(
        "--break", dest="may_break", action="store_true", help="write even what breaks: before a release"
    )
    chosen = parser.parse_args()
    wrong = [] if chosen.may_break else broken()
    if chosen.action == "write" and not wrong:
        write()
    wrong += drift()
    print("\n".join(wrong) or "The documents say what the models say.")
    return 1 if wrong else 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
