"""`make up`: the whole system in one process on real PostgreSQL, with the demo city.

`Embedded` runs the same as a child process, for tests that drive it from outside.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import uvicorn

from deploy.local import guide, postgres
from deploy.local.environment import ROOT, Installation, arguments
from deploy.local.health import answers_ok
from deploy.local.issuer import create_issuer
from deploy.local.processes import Child, StartError, free_port, listens
from services.embedded import create_app
from shared.memory import settle
from shared.safety import SWITCH, UnsafeSettingsError, check_launcher
from shared.settings import of_environment

PREFIX = "ANXIANG_"


def main() -> None:
    """Run until Ctrl-C or SIGTERM; the data stays."""
    options = arguments(__doc__)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        check_launcher(os.environ)
        run(options.data_dir, options.port, seed=not options.empty)
    except (StartError, UnsafeSettingsError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("Stopped; the data stays in", options.data_dir)


def run(data_dir: Path, port: int, *, seed: bool) -> None:
    """Start PostgreSQL, bring the database up to date and serve.

    Raises:
        StartError: the port or the data folder is in use, or PostgreSQL does not start.
    """
    if listens(port):
        raise StartError(f"Port {port} is in use; choose another one: make up ANXIANG_PORT=8081")
    began, installation = time.monotonic(), Installation.of(data_dir, port)
    with kept(installation.data_dir / "postgres") as server:
        installation.migrate(server)
        Thread(target=_announce, args=(installation.base_url, began, seed), daemon=True).start()
        _serve(installation, server, port)


@contextmanager
def kept(folder: Path) -> Iterator[postgres.Server]:
    """PostgreSQL on a folder, started again at the same address whatever ended it: one that finds no room for its log
    ends itself, and nobody else here would bring it back.

    Raises:
        StartError: it does not start the first time.
    """
    running, over = [postgres.start(folder)], Event()

    def watch() -> None:
        while not over.wait(1):
            if running[0].child.running():
                continue
            print("PostgreSQL ended and is started again; its log:", running[0].child.log, flush=True)
            running[0].stop()  # gives its folder back
            with suppress(StartError, OSError):
                running[0] = postgres.start(folder)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield running[0]
    finally:
        over.set()
        watcher.join()
        running[0].stop()


def _serve(installation: Installation, server: postgres.Server, port: int) -> None:
    variables = [installation.environment(service, server) for service in installation.passwords]
    settings = [of_environment(**_fields(each)) for each in variables]
    issuer = create_issuer(installation.data_dir / "issuer", installation.issuer_url, settings[0].origins)
    app = create_app(settings, {"/oauth": issuer})
    settle()
    config = uvicorn.Config(
        app, port=port, log_config=None, log_level="warning", access_log=False, timeout_graceful_shutdown=10
    )
    uvicorn.Server(config).run()


def _fields(variables: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix(PREFIX).lower(): value for name, value in variables.items()}


def _announce(base_url: str, began: float, seed: bool) -> None:
    """Beside the server: wait until it answers, fill the demo city in if it is empty, and say what to try."""
    while not answers_ok(f"{base_url}/readyz"):
        time.sleep(0.05)
    print(f"Anxiang 安享 is up after {time.monotonic() - began:.1f} s", flush=True)
    if seed:
        guide.fill(base_url)
    print(guide.text(base_url), flush=True)


class Embedded:
    """The system of `make up` as a child process, with the same handles as `deploy.local.stack.Stack`."""

    def __init__(self, data_dir: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self.installation = Installation.of(data_dir, self.port)
        self.base_url = self.installation.base_url
        self.child: Child | None = None

    def start(self, seconds: float = 120) -> None:
        """Start it on its folder and its port, without the demo city, and wait until it is ready.

        Raises:
            StartError: it does not come up; the message carries the end of its log.
        """
        command = [sys.executable, "-m", "deploy.local.up", "--empty", "--port", str(self.port)]
        command += ["--data-dir", str(self.installation.data_dir)]
        self.child = Child(command, self.installation.data_dir / "up.log", env={SWITCH: "1"}, cwd=ROOT)
        self.child.wait_until(lambda: answers_ok(f"{self.base_url}/readyz"), seconds)

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def kill(self) -> None:
        """`kill -9` of the process; its PostgreSQL ends by itself."""
        if self.child:
            self.child.kill()

    def token(self, client: str) -> str:
        return self.installation.token(client)


if __name__ == "__main__":
    main()
