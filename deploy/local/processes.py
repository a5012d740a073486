"""Child processes that never outlive their owner: PostgreSQL, the broker, the gateway and the services run under it."""

import contextlib
import fcntl
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import psutil

# The watcher reads a pipe that only the owner holds open: its end is the owner's end, kill -9 included.
WATCHER = 'read -r _; kill -s "$1" "$2" 2>/dev/null; sleep "$3"; kill -s KILL "$2" 2>/dev/null'


_PORTS = range(20_000, 32_768)


class StartError(RuntimeError):
    """A child process did not come up; the message carries the end of its log."""


class Child:
    """One running child process with its log file and its watcher."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        user: int | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = Path(command[0]).name
        self.log = log
        self.stop_signal = stop_signal
        credentials = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else {**os.environ, **env},
                cwd=cwd,
                pass_fds=tuple(pass_fds),
                start_new_session=True,  # Ctrl-C reaches the owner alone, which stops its children in order
                **credentials,  # type: ignore[call-overload]  # the keys are Popen's own
            )
        self.watcher = subprocess.Popen(
            ["/bin/sh", "-c", WATCHER, "watcher", stop_signal.name[3:], str(self.process.pid), "20"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    def running(self) -> bool:
        return self.process.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return as soon as `ready` says so.

        Raises:
            StartError: the process ended, or `seconds` passed; the process is killed then.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running() or time.monotonic() > deadline:
                state = f"did not answer in {seconds:.0f} s" if self.running() else f"ended with {self.process.poll()}"
                self.kill()
                raise StartError(f"{self.name} {state}; the end of {self.log}:\n{tail(self.log)}")
            time.sleep(0.02)

    def stop(self, seconds: float = 20) -> None:
        """Ask the process to end, wait, and kill it when it does not."""
        if self.running():
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._reap()

    def kill(self) -> None:
        """`kill -9`: the process gets no chance to finish anything."""
        self.process.kill()
        self._reap()

    def freeze(self) -> None:
        """Stop the process where it stands: it keeps its connections and says nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on as if nothing had happened."""
        self.process.send_signal(signal.SIGCONT)

    def _reap(self) -> None:
        self.process.wait()
        self.watcher.kill()
        self.watcher.wait()
        if self.watcher.stdin:
            self.watcher.stdin.close()


def tail(log: Path, lines: int = 30) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def claim(folder: Path) -> TextIO:
    """Hold a data folder for this process until the answer is closed or the process ends, kill -9 included.

    Raises:
        StartError: another process holds it.
    """
    lease = (folder / "owner.lock").open("a+")
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lease.seek(0)
        owner = lease.read().strip()
        lease.close()
        raise StartError(f"{folder} is in use by process {owner}") from None
    lease.truncate(0)
    lease.write(str(os.getpid()))
    lease.flush()
    return lease


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses now, and that no outgoing connection will be given: those come from
    32768 on, and one of them took a port between our look and the service's start."""
    for port in random.SystemRandom().sample(_PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise StartError("no free port between 20000 and 32767")


def listens(port: int) -> bool:
    """Whether something accepts connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end_leftover(pid: int, name: str, how: signal.Signals, seconds: float = 20) -> None:
    """End the process `pid` that a killed owner left behind, if it is still the program called `name`."""
    with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        process = psutil.Process(pid)
        if process.name() == name:
            process.send_signal(how)
            process.wait(seconds)
