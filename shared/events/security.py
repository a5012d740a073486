"""How a client of Kafka proves who it is, and knows that the broker is the right one: TLS and SASL."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.settings import Settings


@dataclass(frozen=True)
class Security:
    """Without a ``username`` plain text, which is for one machine only. With one, SASL over TLS: ``mechanism`` is PLAIN
    or SCRAM; ``ca_file`` holds the certificates (PEM) that the broker's must come from, empty: those of the system."""

    username: str = ""
    password: str = field(default="", repr=False)
    mechanism: str = "SCRAM-SHA-512"
    ca_file: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Security:
        """As a process is told; plain text where it is told so, whatever else there is."""
        if settings.kafka_security == "plaintext":
            return cls()
        return cls(settings.kafka_username, settings.kafka_password, settings.kafka_mechanism, settings.kafka_ca_file)

    @cached_property
    def options(self) -> dict[str, Any]:
        """What every client of aiokafka takes, be it producer, consumer or admin. OSError where ``ca_file`` cannot be
        read, ssl.SSLError where it holds no certificate."""
        if not self.username:
            return {}
        return {
            "security_protocol": "SASL_SSL",
            "ssl_context": ssl.create_default_context(cafile=self.ca_file or None),
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }


PLAINTEXT = Security()
