"""The demo clients of the local issuer, read from `clients.yaml`."""

import hmac
from functools import cache
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

FILE = Path(__file__).with_name("clients.yaml")


class DisplayName(BaseModel):
    """What people call a client, in Chinese and English."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str


class Client(BaseModel):
    """A client of the issuer: who it is, where it may act and what it may do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    display_name: DisplayName
    secret: str
    subject: str
    organization: UUID | None = None
    regions: tuple[str, ...]
    scopes: tuple[str, ...]


@cache
def load(file: Path = FILE) -> dict[str, Client]:
    """Every demo client by name."""
    content = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    return {name: Client.model_validate(fields) for name, fields in content["clients"].items()}


def authenticate(name: str, secret: str) -> Client | None:
    """The client, if the secret is its own; an unknown name takes as long as a wrong secret."""
    client = load().get(name)
    expected = client.secret if client else "x" * 32
    matches = hmac.compare_digest(expected.encode(), secret.encode())
    return client if matches and client else None
