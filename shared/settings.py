"""What a process is told from outside: environment variables that begin with ``ANXIANG_``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from shared.cors import origins_of

ROLES = ("api", "events", "jobs")


def _origins(text: str) -> str:
    return ",".join(origins_of(text))


class Settings(BaseSettings):
    """Settings of one service process; a service may add its own below its name."""

    model_config = SettingsConfigDict(env_prefix="ANXIANG_", extra="ignore")

    service: str = Field(description="registry, subsidy, visits or credit")
    demo: bool = Field(
        default=False, description="the demo: public clients and keys; refused beside anything of a real installation"
    )
    database_url: str = Field(description="postgresql+asyncpg://… with the service's own login")
    pool_size: int = Field(default=10, ge=2, description="database connections held open")
    request_seconds: int = Field(
        default=20, ge=1, le=3600, description="seconds that one statement of a request may take"
    )
    work_seconds: int = Field(
        default=3600, ge=60, le=86400, description="seconds that one statement of a job or a consumer may take"
    )
    bus: Literal["local", "kafka"] = Field(
        default="local", description="local: inside one process; kafka: Apache Kafka"
    )
    kafka_bootstrap_servers: str = Field(default="127.0.0.1:9092", description="host:port[,host:port]")
    kafka_security: Literal["plaintext", "sasl_ssl"] = Field(
        default="plaintext", description="sasl_ssl: a login over TLS; plaintext: neither"
    )
    kafka_plaintext_allowed: bool = Field(
        default=False,
        description="a real installation starts without login and TLS, because nobody else reaches its Kafka",
    )
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        default="SCRAM-SHA-512", description="how the login proves itself"
    )
    kafka_username: str = Field(default="", description="the service's own login at Kafka")
    kafka_password: str = Field(default="", description="and its password")
    kafka_ca_file: str = Field(
        default="", description="certificates (PEM) that the broker's must come from; empty: those of the system"
    )
    kafka_partitions: int = Field(default=12, ge=1, description="partitions of a topic when it is created")
    kafka_replication: int = Field(default=1, ge=1, description="replicas of a topic when it is created")
    kafka_member: str = Field(
        default="",
        description="name of this process in its consumer group: alone there, and the same after a restart, so that it"
        " takes its partitions back at once; empty: a new member each time",
    )
    kafka_session_ms: int = Field(
        default=10_000, ge=1_000, description="milliseconds after which a consumer that says nothing is gone"
    )
    issuer: str = Field(default="http://127.0.0.1:8080/oauth", description="the `iss` a token must carry")
    jwks_uri: str = Field(default="http://127.0.0.1:8080/oauth/jwks.json", description="where its keys are")
    token_url: str = Field(
        default="http://127.0.0.1:8080/oauth/token", description="where the service gets its own tokens"
    )
    audience: str = Field(default="anxiang", description="the `aud` a token must carry")
    keyring_file: Path = Field(
        default=Path(".data/keyring.json"), description="data keys; made on first start if missing"
    )
    cipher: Literal["aes-256-gcm", "sm4-gcm"] = Field(default="aes-256-gcm", description="for new ciphertexts")
    gateway_url: str = Field(default="http://127.0.0.1:8080", description="where the other services are reached")
    client_id: str = Field(default="", description="the service's own client")
    client_secret: str = Field(default="", description="and its secret")
    policy_root: str = Field(default="", description="folder of policy packs; empty: those of the project")
    policy_overrides: str = Field(default="", description="folders of district policy files, separated by ':'")
    simulation_days: int = Field(default=30, ge=1, description="days for which simulations of policies are kept")
    simulation_small: int = Field(
        default=5, ge=1, description="fewer people are not counted to callers of simulations who may not read lines"
    )
    guesses_an_hour: int = Field(
        default=30,
        ge=1,
        description="look-ups by a number of somebody's that a client may miss in an hour; then 429 until the next",
    )
    origins: Annotated[str, AfterValidator(_origins)] = Field(
        default="",
        description="web pages that may call from a browser: scheme://host[:port], separated by ','; empty: none",
    )
    roles: str = Field(default="api,events,jobs", description="what this process does: api, events, jobs")
    otlp_endpoint: str = Field(default="", description="OpenTelemetry collector over HTTP; empty: no export")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR"
    )

    @field_validator("database_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        try:
            driver = make_url(value).drivername
        except (ArgumentError, ValueError):
            driver = ""
        if driver != "postgresql+asyncpg":
            raise ValueError("an address is written postgresql+asyncpg://login:password@host/database")
        return value

    @field_validator("roles")
    @classmethod
    def _are_roles(cls, value: str) -> str:
        if not value.strip() or {part.strip() for part in value.split(",")} - set(ROLES):
            raise ValueError(f"roles are {', '.join(ROLES)}")
        return value

    def does(self, role: str) -> bool:
        """Whether this process takes a role (api, events, jobs)."""
        return role in {part.strip() for part in self.roles.split(",")}


def of_environment(**given: str) -> Settings:
    """The settings of a command or a process; ``given`` go before those of the environment. One that cannot start ends
    with a sentence that names the variables and never their values, among which are passwords."""
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic reads texts
    except ValidationError as error:
        wrong = [f"ANXIANG_{str(each['loc'][0]).upper()} ({each['msg']})" for each in error.errors(include_input=False)]
        told = "; ".join(wrong)
        sys.exit(f"Settings that cannot be used: {told}. See docs/settings.md. 以下配置项缺失或无效:{told}。")


def needed(variable: str) -> str:
    """The value of a variable that a command cannot do without."""
    value = os.environ.get(variable, "")
    return value or sys.exit(f"{variable} is not set. See docs/settings.md. 未设置环境变量 {variable}。")
