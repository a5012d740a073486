"""`make stack`: the system as it runs in a city: PostgreSQL, Kafka, four services, issuer and gateway as processes.

Nothing is restarted silently: whoever dies is named, and stays dead until `start_service`.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.gateway.render import PER_MINUTE, Gateway
from deploy.local import envoy, guide, kafka, postgres
from deploy.local.environment import ROOT, Installation, arguments
from deploy.local.health import answers_ok
from deploy.local.processes import Child, StartError, free_port, listens, tail
from deploy.migrations.run import SERVICES
from shared.cors import origins_of
from shared.safety import SWITCH, UnsafeSettingsError, check_launcher

FACTORIES = {
    "issuer": "deploy.local.issuer:create",
    "docs": "services.docs:create_docs_app",
    **dict.fromkeys(SERVICES, "deploy.serve:create"),
}
APPS = tuple(FACTORIES)
NAMES = ("postgres", "kafka", *APPS, "gateway")


class Stack:
    """All processes of one installation on free ports of this machine.

    `kafka_bootstrap`: use this Kafka instead of starting one; `per_minute`: each client's quota at the gateway;
    `variables`: more settings for every service. `ANXIANG_KAFKA=secure`: Kafka with TLS, logins and rights.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        *,
        kafka_bootstrap: str = "",
        per_minute: int = PER_MINUTE,
        variables: dict[str, str] | None = None,
    ) -> None:
        self.ports = {name: free_port() for name in APPS} | {"gateway": port or free_port()}
        self.installation = Installation.of(data_dir, self.ports["gateway"])
        self.base_url = self.installation.base_url
        self.kafka_bootstrap, self.per_minute, self.variables = kafka_bootstrap, per_minute, variables or {}
        self.postgres: postgres.Server | None = None
        self.kafka: kafka.Broker | None = None
        self.children: dict[str, Child] = {}
        (self.installation.data_dir / "logs").mkdir(exist_ok=True)

    def start(self, say: Callable[[str], None] = lambda _line: None) -> None:
        """Start everything and wait until every service is ready; what was started is stopped if one fails.

        Raises:
            StartError: a process does not come up; the message carries the end of its log.
        """
        try:
            self._start_stores(say)
            for name in APPS:  # all at once: each needs a second of its own
                self._launch(name)
            for name in APPS:
                self._wait(name)
                say(f"{name} ready on port {self.ports[name]}")
            self._start_gateway()
            say(f"gateway ready: {self.base_url}")
        except BaseException:
            self.stop()
            raise

    def stop(self, say: Callable[[str], None] = lambda _line: None) -> None:
        """Stop the gateway first, then the services, then what they stand on."""
        for group in (("gateway",), SERVICES, ("docs", "issuer")):
            self._stop_together([name for name in group if name in self.children])
            say(f"{', '.join(group)} stopped")
        if self.kafka:
            self.kafka.stop()
            say("kafka stopped")
        if self.postgres:
            self.postgres.stop()
            say("postgres stopped")
        self.kafka = self.postgres = None

    def kill(self, name: str) -> None:
        """`kill -9` one of `NAMES`; it stays dead until `start_service`."""
        if name == "postgres":
            self._database().kill()
        elif name == "kafka":
            self._broker().kill()
        else:
            self.children[name].kill()

    def child(self, name: str) -> Child:
        """The process of one of `NAMES` but PostgreSQL, which is many."""
        broker = self._broker().child if name == "kafka" else self.children[name]
        if broker is None:
            raise StartError(f"{name} does not run")
        return broker

    def start_service(self, name: str, *, wait: bool = True) -> None:
        """Start one of `NAMES` again, on the same address and the same data.

        Raises:
            StartError: it does not come up; the message carries the end of its log.
        """
        if name == "postgres":
            self.postgres = postgres.start(self.installation.data_dir / "postgres")
        elif name == "kafka":
            self._broker().start()
        elif name == "gateway":
            self._start_gateway()
        else:
            self._launch(name)
            if wait:
                self._wait(name)

    def running(self) -> dict[str, bool]:
        """Which of `NAMES` are alive."""
        states = {name: name in self.children and self.children[name].running() for name in (*APPS, "gateway")}
        broker = self.kafka.child if self.kafka else None
        stores = {
            "postgres": self.postgres is not None and self.postgres.child.running(),
            "kafka": bool(self.kafka_bootstrap) or (broker is not None and broker.running()),
        }
        return stores | states

    def token(self, client: str) -> str:
        """A token of a demo client."""
        return self.installation.token(client)

    def log(self, name: str) -> Path:
        """Where a process of `APPS` or the gateway writes."""
        logs = self.installation.data_dir / "logs"
        return logs / "envoy.log" if name == "gateway" else logs / f"{name}.log"

    def _start_stores(self, say: Callable[[str], None]) -> None:
        with ThreadPoolExecutor(1) as pool:  # Kafka needs its seconds while the database is brought up to date
            broker = None if self.kafka_bootstrap else pool.submit(self._start_kafka)
            try:
                self.postgres = postgres.start(self.installation.data_dir / "postgres")
                self.installation.migrate(self.postgres)
                say("postgres ready, every schema up to date")
            finally:
                self.kafka = broker.result() if broker else None
        say(f"kafka ready: {self._bootstrap()}")

    def _start_kafka(self) -> kafka.Broker:
        """With logins it has a folder of its own: the other one's knows none."""
        secured = kafka.secured()
        return kafka.start(self.installation.data_dir / ("kafka-secure" if secured else "kafka"), secured=secured)

    def _stop_together(self, names: list[str]) -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: self.children.pop(name).stop(), names))

    def _launch(self, name: str) -> None:
        command = [sys.executable, "-m", "uvicorn", "--factory", FACTORIES[name], "--host", "127.0.0.1"]
        command += ["--port", str(self.ports[name]), "--no-access-log", "--timeout-graceful-shutdown", "10"]
        command += ["--log-level", "warning"]
        self.children[name] = Child(command, self.log(name), env=self._variables(name), cwd=ROOT)

    def _wait(self, name: str) -> None:
        path = "readyz" if name in SERVICES else "healthz"
        self.children[name].wait_until(lambda: answers_ok(f"http://127.0.0.1:{self.ports[name]}/{path}"), 120)

    def _variables(self, name: str) -> dict[str, str]:
        if name not in SERVICES:
            data_dir = str(self.installation.data_dir / "issuer")
            demo = {SWITCH: "1", "ANXIANG_ORIGINS": os.environ.get("ANXIANG_ORIGINS", "")}
            return {**demo, "ANXIANG_ISSUER": self.installation.issuer_url, "ANXIANG_ISSUER_DATA": data_dir}
        # Keys come from the issuer itself: a service may ask for them before the gateway runs.
        keys = f"http://127.0.0.1:{self.ports['issuer']}/jwks.json"
        bus = {"ANXIANG_BUS": "kafka", "ANXIANG_KAFKA_BOOTSTRAP_SERVERS": self._bootstrap(), "ANXIANG_JWKS_URI": keys}
        bus["ANXIANG_KAFKA_MEMBER"] = name  # one process each: after a kill it takes its partitions back at once
        if self.kafka and self.kafka.secrets:
            bus |= self.kafka.secrets.environment(name)
        return self.installation.environment(name, self._database()) | bus | self.variables

    def _start_gateway(self) -> None:
        gateway = Gateway(
            port=self.ports["gateway"],
            upstreams={name: f"127.0.0.1:{self.ports[name]}" for name in APPS},
            issuer=self.installation.issuer_url,
            jwks_uri=f"http://127.0.0.1:{self.ports['issuer']}/jwks.json",
            per_minute=self.per_minute,
            origins=origins_of(os.environ.get("ANXIANG_ORIGINS", "")),
        )
        self.children["gateway"] = envoy.start(gateway, self.installation.data_dir / "logs")

    def _bootstrap(self) -> str:
        return self.kafka_bootstrap or self._broker().bootstrap

    def _database(self) -> postgres.Server:
        if self.postgres is None:
            raise StartError("PostgreSQL has not been started")
        return self.postgres

    def _broker(self) -> kafka.Broker:
        if self.kafka is None:
            raise StartError("Kafka has not been started here")
        return self.kafka


def main() -> None:
    """Run until Ctrl-C or SIGTERM; the data stays."""
    options = arguments(__doc__)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        check_launcher(os.environ)
    except UnsafeSettingsError as error:
        sys.exit(str(error))
    if listens(options.port):
        sys.exit(f"Port {options.port} is in use; choose another one: make stack ANXIANG_PORT=8081")
    stack = Stack(options.data_dir, options.port, kafka_bootstrap=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", ""))
    try:
        stack.start(say=_say)
        if not options.empty:
            guide.fill(stack.base_url)
        print(guide.text(stack.base_url), flush=True)
        watch(stack)
    except StartError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        stack.stop(say=_say)


def watch(stack: Stack) -> None:
    """Say who died, once, until interrupted."""
    known = stack.running()
    while True:
        time.sleep(0.5)
        now = stack.running()
        for name in NAMES:
            if known[name] and not now[name]:
                _say(f"{name} died" + (f":\n{tail(stack.log(name))}" if name in stack.children else ""))
        known = now


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)


if __name__ == "__main__":
    main()
