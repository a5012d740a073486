"""The files of one folder, listed once. A name is looked up in the list and is never joined to a path.

So nothing that a pack, a district's file or a request calls by name can lead to any other file, however it is written;
and a link that leads out of the folder is not followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

KINDS = frozenset({".yaml", ".txt"})
"""Law as data, and the words of documents."""


class Shelf:
    """What lies in a folder, by its name below it: ``town/pack.yaml``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.outside: list[str] = []
        """Links that lead out of the folder."""
        real = root.resolve()
        self._files = dict(self._listed(root, real, (real,)))

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def text(self, name: str) -> str | None:
        """The words of a file; None when none of that name is listed. ValueError when it is not UTF-8."""
        path = self._files.get(name)
        return path.read_text(encoding="utf-8") if path else None

    def texts(self) -> dict[str, str]:
        """The words of every document, by name."""
        return {name: path.read_text(encoding="utf-8") for name, path in self._files.items() if path.suffix == ".txt"}

    def names(self, pattern: str) -> list[str]:
        """Every name of a pattern, in order; ``*`` stands for part of one step: ``*/pack.yaml``."""
        steps = pattern.split("/")
        return [name for name in self._files if _fits(name.split("/"), steps)]

    def folders(self, names: Iterable[str]) -> list[Path]:
        """The folders of these names, such as ``samples/321202``. KeyError for one that holds no file listed here."""
        known = {parent.as_posix(): self.root / parent for name in self._files for parent in PurePath(name).parents}
        return [known[name] for name in names]

    def _listed(self, folder: Path, real: Path, above: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            found = path.resolve()
            wanted = path.suffix in KINDS and path.is_file()
            if not (wanted or path.is_dir()) or found in above:
                continue
            if not found.is_relative_to(real):
                self.outside.append(path.relative_to(self.root).as_posix())
            elif wanted:
                yield path.relative_to(self.root).as_posix(), found
            else:
                yield from self._listed(path, real, (*above, found))


def _fits(name: list[str], steps: list[str]) -> bool:
    return len(name) == len(steps) and all(map(fnmatchcase, name, steps))
