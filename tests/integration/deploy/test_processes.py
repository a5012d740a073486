"""Child processes and data folders."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from deploy.local.processes import Child, StartError, claim, free_port, listens

OWNER = """
import sys, time
from pathlib import Path
from deploy.local.processes import Child, claim
folder = Path(sys.argv[1])
lease = claim(folder)
child = Child(["sleep", "600"], folder / "sleep.log")
print(child.pid, flush=True)
time.sleep(600)
"""


def gone(pid: int, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_a_killed_owner_takes_its_children_along_and_frees_its_folder(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        child_pid = int(owner.stdout.readline())
        with pytest.raises(StartError, match=f"in use by process {owner.pid}"):
            claim(tmp_path)
        owner.kill()
    assert gone(child_pid)
    claim(tmp_path).close()


def test_a_child_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    child = Child(["sh", "-c", "echo no such luck; exit 3"], tmp_path / "log")
    with pytest.raises(StartError, match=r"sh ended with 3(.|\n)*no such luck"):
        child.wait_until(lambda: False, seconds=10)


def test_a_child_that_never_answers_is_killed(tmp_path: Path) -> None:
    child = Child(["sleep", "600"], tmp_path / "log")
    with pytest.raises(StartError, match="did not answer"):
        child.wait_until(lambda: False, seconds=0.2)
    assert gone(child.pid)


def test_a_child_that_ignores_the_stop_signal_is_killed_after_its_time(tmp_path: Path) -> None:
    child = Child(["sh", "-c", "trap '' TERM; echo ready; sleep 600 & wait; wait"], tmp_path / "log")
    child.wait_until(lambda: "ready" in child.log.read_text(), seconds=10)
    child.stop(seconds=0.3)
    assert not child.running()


def test_a_free_port_is_one_where_nobody_listens() -> None:
    assert not listens(free_port())
