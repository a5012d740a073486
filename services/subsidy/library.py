"""The packs in use follow their files: a change counts within a second, an unfit file changes nothing and is told.

A thread looks at the files' dates several times a second. What has changed and then stood still is read as a whole;
only if all of it is fit for use does it take the place of what was in use. Requests never wait for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog
from prometheus_client import Counter, Gauge

from services.subsidy.engine import POLICIES, PackRefused, Packs, Refusal
from services.subsidy.engine.loader import SOURCES
from services.subsidy.engine.refusals import Place
from services.subsidy.errors import PoliciesUnfit
from shared.clock import now

INTERVAL = 0.15
"""Seconds between two looks; a change is read once two looks have seen the same."""
KINDS = {".yaml", ".txt"}
REFUSALS = Gauge("anxiang_policy_refusals", "Things to mend in policy files before they can be used")
LOADS = Counter("anxiang_policy_loads", "Policy files read anew", ["result"])
log = structlog.get_logger(__name__)

Stamp = tuple[tuple[str, int, int, int], ...]
"""Path, date, size and number of every file that matters."""


@dataclass(frozen=True)
class Edition:
    """What is in use, and what the files on disk need before they can be."""

    packs: Packs | None = None
    loaded_at: datetime | None = None
    refusals: tuple[Refusal, ...] = ()
    refused_at: datetime | None = None


class Library:
    """The packs of one root and its district folders, as they stand on disk."""

    def __init__(self, root: Path = POLICIES, overrides: Sequence[Path] = ()) -> None:
        self._root, self._overrides = root, tuple(overrides)
        self._edition = Edition()
        self._read: Stamp = ()
        self._seen: Stamp = ()
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def edition(self) -> Edition:
        """What is in use now; read at once if nothing has been read yet."""
        if self._thread is None:
            self._open()
        return self._edition

    def packs(self) -> Packs:
        """The packs in use. PoliciesUnfit while there are none that are fit for use."""
        edition = self.edition
        if edition.packs is None:
            raise PoliciesUnfit(_sentences(edition.refusals, "en"), _sentences(edition.refusals, "zh"))
        return edition.packs

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def _open(self) -> None:
        with self._lock:
            if self._thread is None:
                self._read_all(self._look())
                self._thread = threading.Thread(target=self._follow, name="policies", daemon=True)
                self._thread.start()

    def _follow(self) -> None:
        while not self._closed.wait(INTERVAL):
            seen = self._look()
            if seen not in (self._read, ()) and seen == self._seen:
                self._read_all(seen)
            self._seen = seen

    def _look(self) -> Stamp:
        """The files as they stand; empty when one goes away while we look."""
        try:
            return tuple(sorted(_stamps((self._root, SOURCES, *self._overrides))))
        except OSError:
            return ()

    def _read_all(self, seen: Stamp) -> None:
        """Read everything; kept only if nothing moved meanwhile."""
        started = time.monotonic()
        packs: Packs | None = None
        refusals: tuple[Refusal, ...] = ()
        try:
            packs = Packs.load(self._root, self._overrides)
        except PackRefused as refused:
            refusals = tuple(refused.refusals)
        except Exception as error:  # noqa: BLE001  # whatever it is, what was in use stays in use
            refusals = (self._unreadable(seen, error),)
        if self._edition.loaded_at and self._look() != seen:
            return
        self._read = seen
        if packs is None:
            self._refuse(refusals)
        else:
            self._accept(packs, time.monotonic() - started)

    def _unreadable(self, seen: Stamp, error: Exception) -> Refusal:
        """What no check has foreseen lies in what has changed."""
        changed = sorted(Path(path).name for path, *_ in set(seen) - set(self._read))
        return Refusal(Place(changed[0] if changed else "-", 1, "-"), "not_yaml", {"problem": repr(error)})

    def _accept(self, packs: Packs, seconds: float) -> None:
        before = {pack.region: pack.hash for pack in self._edition.packs or ()}
        changed = [pack.region for pack in packs if before.get(pack.region) != pack.hash]
        self._edition = Edition(packs, now())
        REFUSALS.set(0)
        LOADS.labels("used").inc()
        if before:  # the first reading is no news
            log.info("policies read", changed=changed, seconds=round(seconds, 3))

    def _refuse(self, refusals: tuple[Refusal, ...]) -> None:
        self._edition = replace(self._edition, refusals=refusals, refused_at=now())
        REFUSALS.set(len(refusals))
        LOADS.labels("refused").inc()
        log.error("policies refused", refusals=[refusal.sentence() for refusal in refusals])


def _sentences(refusals: Sequence[Refusal], language: str) -> str:
    return " ".join(refusal.sentence("zh" if language == "zh" else "en") for refusal in refusals)


def _stamps(folders: Sequence[Path]) -> Iterator[tuple[str, int, int, int]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.suffix in KINDS:
                state = path.stat()
                yield str(path), state.st_mtime_ns, state.st_size, state.st_ino
