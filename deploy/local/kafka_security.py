"""TLS, logins and rights for the local broker: its own certificate and passwords, made once, kept beside its data."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import InvalidReplicationFactorError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.contracts.topics import every
from shared.events import acls, topics
from shared.events.security import Security

BROKER, OPERATOR = "broker", "operator"
"""The broker's own login, by PLAIN; and who may do everything. The services' logins are called like them."""
LOGINS = (OPERATOR, *acls.SERVICES)
_LAYOUT = topics.Layout()
_LOOKS, _LOOK_AGAIN = 150, 0.2
_PLAIN = (
    'org.apache.kafka.common.security.plain.PlainLoginModule required username="{0}" password="{1}" user_{0}="{1}";'
)
PROPERTIES = """\
listeners=SASL_SSL://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=SASL_SSL://127.0.0.1:{port}
listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.plain.sasl.jaas.config={plain}
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config={plain}
ssl.keystore.type=PEM
ssl.keystore.location={keys}
ssl.truststore.type=PEM
ssl.truststore.location={certificate}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:broker;User:operator
"""


@dataclass(frozen=True)
class Secrets:
    """What one broker's folder holds of them."""

    passwords: dict[str, str]
    certificate: Path
    keys: Path

    @classmethod
    def of(cls, folder: Path) -> Secrets:
        """Those of the folder, made the first time; only its owner can read them."""
        known, certificate, keys = folder / "logins.json", folder / "certificate.pem", folder / "keys.pem"
        if not known.exists():
            _make_certificate(certificate, keys)
            _write(known, json.dumps({login: secrets.token_hex(16) for login in (BROKER, *LOGINS)}))
        return cls(json.loads(known.read_text(encoding="utf-8")), certificate, keys)

    def properties(self, port: int, controller: int) -> str:
        """The broker's settings that take the place of its open listeners."""
        plain = _PLAIN.format(BROKER, self.passwords[BROKER])
        places = {"keys": self.keys, "certificate": self.certificate}
        return PROPERTIES.format(port=port, controller=controller, plain=plain, **places)

    def scram(self) -> list[str]:
        """Options of the storage tool: logins exist from the first start on."""
        made = [f"SCRAM-SHA-512=[name={login},password={self.passwords[login]}]" for login in LOGINS]
        return [part for each in made for part in ("--add-scram", each)]

    def security(self, login: str) -> Security:
        """What a client says with this login."""
        mechanism = "PLAIN" if login == BROKER else "SCRAM-SHA-512"
        return Security(login, self.passwords[login], mechanism, str(self.certificate))

    def environment(self, login: str) -> dict[str, str]:
        """The same as settings of a process."""
        return {
            "ANXIANG_KAFKA_SECURITY": "sasl_ssl",
            "ANXIANG_KAFKA_USERNAME": login,
            "ANXIANG_KAFKA_PASSWORD": self.passwords[login],
            "ANXIANG_KAFKA_CA_FILE": str(self.certificate),
        }


def grant(bootstrap: str, security: Security) -> None:
    """Make the topics and give each service's login its rights, as operators do with the command."""
    with ThreadPoolExecutor(1) as pool:  # the caller may be inside an event loop of its own
        pool.submit(asyncio.run, apply(bootstrap, security)).result()


async def apply(bootstrap: str, security: Security, layout: topics.Layout = _LAYOUT) -> None:
    """The same for whoever waits for it; ``layout`` names the prefix, if there is one."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **security.options)
    try:
        await admin.start()
        for _ in range(_LOOKS):
            with suppress(InvalidReplicationFactorError):  # it answers before it takes part in its cluster
                await topics.prepare(admin, every(), layout)
                break
            await asyncio.sleep(_LOOK_AGAIN)
        await acls.apply(admin, {service: service for service in acls.SERVICES}, layout.prefix)
    finally:
        await admin.close()


def _make_certificate(certificate: Path, keys: Path) -> None:
    """A certificate of this machine that answers for itself, for ten years."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Anxiang local Kafka")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    shown = made.public_bytes(serialization.Encoding.PEM).decode()
    kept = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    _write(certificate, shown)
    _write(keys, kept + shown)


def _write(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text)
