"""Folders for launched systems."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Not below pytest's own folder: each new pytest of root closes that to `nobody`, as whom PostgreSQL runs."""
    with TemporaryDirectory(prefix="anxiang-") as folder:
        yield Path(folder)
