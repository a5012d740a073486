"""What both ways to run have in common: the database with its logins, and what each service is told."""

import argparse
import asyncio
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from deploy.demo import clients
from deploy.local import issuer
from deploy.local.postgres import Server
from deploy.migrations.run import SERVICES, migrate
from deploy.ports import PORT, port
from shared.crypto import Keyring
from shared.safety import SWITCH

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "anxiang"
POLICY_OVERRIDES = "ANXIANG_POLICY_OVERRIDES"
"""Who sets it tries the decisions of another district than the demo's."""
SAMPLE_POLICY = ROOT / "services" / "subsidy" / "policies" / "samples" / "321202"  # marked as no law; demo only


def arguments(description: str | None) -> argparse.Namespace:
    """What both launchers are told; one sentence and status 2 where that cannot be."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("ANXIANG_DATA_DIR", ".data"))
    parser.add_argument("--port", type=port, default=os.environ.get(PORT, "8080"))
    parser.add_argument("--empty", action="store_true", help="leave an empty system empty: no demo city")
    return parser.parse_args()


@dataclass(frozen=True)
class Installation:
    """A data folder, the address that clients use and the passwords of the four logins, new at each start."""

    data_dir: Path
    base_url: str
    passwords: dict[str, str]

    @classmethod
    def of(cls, data_dir: Path, port: int) -> "Installation":
        """An installation in `data_dir`, with its key ring made before several services ask for it at once."""
        data_dir = data_dir.resolve()
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds keys and logs
        Keyring.load(data_dir / "keyring.json", made_for="demo")
        passwords = {service: secrets.token_hex(16) for service in SERVICES}
        return cls(data_dir, f"http://127.0.0.1:{port}", passwords)

    @property
    def issuer_url(self) -> str:
        return f"{self.base_url}/oauth"

    def migrate(self, server: Server) -> None:
        """Make the database if it is missing and bring every schema up to date."""
        with ThreadPoolExecutor(1) as pool:  # the caller may be inside an event loop of its own
            pool.submit(asyncio.run, self._migrate(server)).result()

    async def _migrate(self, server: Server) -> None:
        address = urlsplit(server.superuser_url("postgres"))._replace(scheme="postgresql").geturl()
        connection = await asyncpg.connect(address)
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
        await connection.close()
        await migrate(server.superuser_url(DATABASE), self.passwords)

    def environment(self, service: str, server: Server) -> dict[str, str]:
        """The variables of one service, without the bus."""
        return {
            "ANXIANG_SERVICE": service,
            SWITCH: "1",
            "ANXIANG_DATABASE_URL": server.url(service, self.passwords[service], DATABASE),
            "ANXIANG_ISSUER": self.issuer_url,
            "ANXIANG_JWKS_URI": f"{self.issuer_url}/jwks.json",
            "ANXIANG_TOKEN_URL": f"{self.issuer_url}/token",
            "ANXIANG_AUDIENCE": issuer.AUDIENCE,
            "ANXIANG_KEYRING_FILE": str(self.data_dir / "keyring.json"),
            "ANXIANG_GATEWAY_URL": self.base_url,
            POLICY_OVERRIDES: os.environ.get(POLICY_OVERRIDES, str(SAMPLE_POLICY)),
            "ANXIANG_ORIGINS": os.environ.get("ANXIANG_ORIGINS", ""),
            "ANXIANG_CLIENT_ID": f"service-{service}",
            "ANXIANG_CLIENT_SECRET": clients.load()[f"service-{service}"].secret,
        }

    def token(self, client: str) -> str:
        """A token of a demo client, for tests and scripts."""
        return issuer.issue(client, self.data_dir / "issuer", self.issuer_url)
