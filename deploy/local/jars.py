"""Kafka's jars: the resolved list with checksums is `kafka.lock`; what is missing in the cache is fetched on first use.

`python -m deploy.local.jars` resolves the list anew after a version below was changed.
"""

import fcntl
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import jgo
from jgo.config import GlobalSettings
from jgo.maven import MavenContext

from deploy.local.processes import StartError

ROOTS = (
    "org.apache.kafka:kafka_2.13:4.3.1",
    "org.apache.kafka:kafka-clients:4.3.1",  # left to itself the resolver takes 3.8.0 and the broker does not start
    "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3",
)
LOCK = Path(__file__).with_name("kafka.lock")
CACHE = Path(".cache/kafka")


@dataclass(frozen=True)
class Jar:
    """One line of the lock file."""

    coordinate: str
    file: str
    sha256: str


def locked() -> Iterator[Jar]:
    for line in LOCK.read_text().splitlines():
        yield Jar(*line.split())


def fetch(cache: Path = CACHE) -> list[Path]:
    """The locked jars as files, fetched if missing; each is checked against its checksum every time.

    One process at a time: the fetcher writes a jar under its final name, so a second one would read half a file.

    Raises:
        StartError: a file is not what the lock file says, or the registry does not answer.
    """
    context = _context(cache.resolve())
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as turn, ThreadPoolExecutor(8) as pool:
        fcntl.flock(turn, fcntl.LOCK_EX)
        return list(pool.map(lambda jar: _checked(context, jar), locked()))


def _context(cache: Path) -> MavenContext:
    """Where jars are kept and looked for: jgo's own settings decide about mirrors."""
    plain = MavenContext(repo_cache=cache)
    return MavenContext(repo_cache=cache, remote_repos={**plain.remote_repos, **GlobalSettings.load().repositories})


def _checked(context: MavenContext, jar: Jar) -> Path:
    """The jar's file. One that is not what the lock says, as a killed start leaves it, is fetched once more."""
    for _ in range(2):
        path = _resolved(context, jar)
        if hashlib.sha256(path.read_bytes()).hexdigest() == jar.sha256:
            return path
        path.unlink()
    raise StartError(f"{jar.file} of the registry is not the file that {LOCK.name} names; it was removed")


def _resolved(context: MavenContext, jar: Jar) -> Path:
    group, artifact, version = jar.coordinate.split(":")
    try:
        return Path(context.project(group, artifact).at_version(version).artifact().resolve())
    except (OSError, RuntimeError) as error:
        raise StartError(f"{jar.coordinate} cannot be fetched: {error}") from error


def lock(cache: Path = CACHE) -> None:
    """Resolve the roots and write the lock file."""
    context, lines = _context(cache.resolve()), []
    for found in jgo.resolve("+".join(ROOTS)):
        path = Path(context.project(found.groupId, found.artifactId).at_version(found.version).artifact().resolve())
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"{found.groupId}:{found.artifactId}:{found.version} {path.name} {digest}")
    LOCK.write_text("\n".join(sorted(lines)) + "\n")


if __name__ == "__main__":
    lock()
