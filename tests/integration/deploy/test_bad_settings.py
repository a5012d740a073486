"""A command that is set wrong ends with one sentence: which variable, what it takes; no traceback and no value."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.environment import ROOT

SECRET = "hunter2-of-the-database"
RIGHT = {"ANXIANG_SERVICE": "credit", "ANXIANG_DATABASE_URL": f"postgresql+asyncpg://credit:{SECRET}@127.0.0.1/none"}
SERVE = ("-c", "from deploy.serve import create; create()")
UP, STACK, DEMO = (("-m", f"deploy.{name}") for name in ("local.up", "local.stack", "demo"))
LETTERS = ("-m", "shared.events", "dlq", "list", "--service", "credit")
CASES: list[tuple[tuple[str, ...], dict[str, str], str]] = [
    (SERVE, {"ANXIANG_POOL_SIZE": SECRET}, "ANXIANG_POOL_SIZE"),
    (SERVE, {"ANXIANG_LOG_LEVEL": SECRET}, "ANXIANG_LOG_LEVEL"),
    (SERVE, {"ANXIANG_ROLES": f"api,{SECRET}"}, "ANXIANG_ROLES"),
    (SERVE, {"ANXIANG_ROLES": ""}, "ANXIANG_ROLES"),
    (SERVE, {"ANXIANG_DATABASE_URL": f"postgres://x:{SECRET}@y/z"}, "ANXIANG_DATABASE_URL"),
    (SERVE, {"ANXIANG_DATABASE_URL": f"postgresql+asyncpg://x:{SECRET}@y:port/z"}, "ANXIANG_DATABASE_URL"),
    (SERVE, {"ANXIANG_SERVICE": SECRET, "ANXIANG_DEMO": "1"}, "ANXIANG_SERVICE"),
    (SERVE, {}, "ANXIANG_ISSUER"),
    (UP, {"ANXIANG_PORT": SECRET}, "ANXIANG_PORT"),
    (UP, {"ANXIANG_PORT": "65536"}, "ANXIANG_PORT"),
    (STACK, {"ANXIANG_PORT": "0"}, "ANXIANG_PORT"),
    (DEMO, {"ANXIANG_PORT": "8080/x"}, "ANXIANG_PORT"),
    (("-m", "deploy.migrations.run"), {}, "ANXIANG_SUPERUSER_URL"),
    (("-m", "deploy.reencrypt"), {"ANXIANG_CIPHER": SECRET}, "ANXIANG_CIPHER"),
    (("-m", "shared.audit_anchor", "verify"), {"ANXIANG_BUS": SECRET}, "ANXIANG_BUS"),
    (LETTERS, {"ANXIANG_DATABASE_URL": ""}, "ANXIANG_DATABASE_URL"),
]


@pytest.mark.parametrize(("command", "wrong", "named"), CASES, ids=lambda case: "-".join(case) if case else "none")
def test_a_wrong_setting_is_named_in_a_sentence(
    command: tuple[str, ...], wrong: dict[str, str], named: str, tmp_path: Path
) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANXIANG_")}
    told = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=clean | RIGHT | {"ANXIANG_KEYRING_FILE": str(tmp_path / "keys.json")} | wrong,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert told.returncode not in {0, -15}
    assert named in told.stderr
    assert "Traceback" not in told.stderr
    assert SECRET not in told.stdout + told.stderr
    assert len([line for line in told.stderr.splitlines() if not line.startswith(("usage", " "))]) == 1
