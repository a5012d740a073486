"""The demo and a real installation keep apart: one switch, ``ANXIANG_DEMO``, and nothing of the one in the other.

Without the switch no demo client, no demo key, no default and no weak secret lets a process start; with it no address
of a real installation does.
"""

from __future__ import annotations

import ipaddress
import json
import math
import re
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from shared.settings import Settings

SWITCH = "ANXIANG_DEMO"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
CONTAINERS = frozenset({"issuer", "gateway", "postgres", "kafka", "collector"})
"""What the demo's containers are called; a real installation has other names for what is not its own container."""
ADDRESSES = (
    *("database_url", "kafka_bootstrap_servers", "issuer", "jwks_uri", "token_url"),
    *("gateway_url", "otlp_endpoint"),
)
LENGTH, KINDS, BITS = 16, 8, 48
_WORDS = (
    *("demo", "test", "anxiang", "registry", "subsidy", "visits", "credit", "service", "postgres", "admin", "root"),
    *("pass(?:word|wd)?", "secret", "change-?me", "default", "example", "welcome", "letmein", "qwerty", "client"),
    *("token", "key", "0?123456789?0?", "abc"),
)
_KNOWN = re.compile("|".join(_WORDS))
SAMPLES = "policies/samples"


class UnsafeSettingsError(RuntimeError):
    """A process that must not start as it is set; the message says what to change, in both languages."""


def is_weak(secret: str, *names: str) -> bool:
    """Whether somebody could guess it: short, well known, made of few characters or of rows, or like a name."""
    plain = secret.casefold()
    if plain.startswith(("demo", "test")):
        return True
    rest = _KNOWN.sub("", plain)
    for name in names:
        rest = rest.replace(name.casefold(), "") if name else rest
    if len(rest) < LENGTH or len(set(rest)) < KINDS:
        return True
    rows = sum(abs(ord(one) - ord(two)) <= 1 for one, two in pairwise(rest))
    return _bits(rest) < BITS or 2 * rows > len(rest)


def _bits(text: str) -> float:
    """How much there is to guess when nothing but the frequencies of its characters is known."""
    counts = Counter(text).values()
    return sum(count * math.log2(len(text) / count) for count in counts)


def check(settings: Settings) -> None:
    """UnsafeSettingsError when a service must not start with these settings."""
    faults = list(_of_demo(settings) if settings.demo else _of_production(settings))
    refuse(faults, demo=settings.demo)


def refuse(faults: list[str], *, demo: bool) -> None:
    """Raise UnsafeSettingsError if there are any; names settings, never their values."""
    if not faults:
        return
    names = ", ".join(faults)
    if demo:
        raise UnsafeSettingsError(
            f"{SWITCH} is set together with settings of a real installation: {names}. Take one of them away."
            f" 演示开关 {SWITCH} 不能与正式环境的配置同时使用:{names}。请去掉其一。"
        )
    raise UnsafeSettingsError(
        f"Demo, default or weak values where a real installation needs its own: {names}. Set them, or {SWITCH}=1 to try"
        f" the system out. 正式环境不得使用演示、默认或过弱的配置:{names}。请设置自己的值;仅演示时请设置 {SWITCH}=1。"
    )


def _of_demo(settings: Settings) -> Iterator[str]:
    """Whatever a demo would have to do with a real installation."""
    for name in ADDRESSES:
        if not all(_is_near(address) for address in getattr(settings, name).split(",")):
            yield variable(name)
    if not all(_is_near(origin) for origin in settings.origins.split(",")):
        yield variable("origins")
    if _made_for(settings.keyring_file) == "production":
        yield variable("keyring_file")


def _of_production(settings: Settings) -> Iterator[str]:
    """Whatever a real installation must not have of the demo."""
    if urlsplit(settings.issuer).scheme != "https":
        yield variable("issuer")
    for name in ("issuer", "jwks_uri", "token_url"):
        host = host_of(getattr(settings, name))
        if host in {"issuer", ""} or is_loopback(host):
            yield variable(name)
    origins = [one for one in settings.origins.split(",") if one]
    if any(not one.startswith("https://") or is_loopback(host_of(one)) for one in origins):
        yield variable("origins")
    if _is_weak_login(settings.database_url, settings.service):
        yield variable("database_url")
    if settings.client_id and is_weak(settings.client_secret, settings.client_id, settings.service):
        yield variable("client_secret")
    yield from _of_kafka(settings)
    if _made_for(settings.keyring_file) == "demo":
        yield variable("keyring_file")
    folders = settings.policy_overrides.replace("\\", "/").split(":")
    if any(SAMPLES in Path(folder).resolve().as_posix() for folder in folders if folder):
        yield variable("policy_overrides")


def _of_kafka(settings: Settings) -> Iterator[str]:
    """A Kafka that anybody could read or write, unless its operators answer for that."""
    if settings.bus != "kafka":
        return
    if settings.kafka_security == "plaintext":
        if not settings.kafka_plaintext_allowed:
            yield variable("kafka_security")
        return
    if not settings.kafka_username:
        yield variable("kafka_username")
    if is_weak(settings.kafka_password, settings.kafka_username, settings.service):
        yield variable("kafka_password")


def variable(name: str) -> str:
    """A setting as it is set from outside."""
    return f"ANXIANG_{name.upper()}"


def host_of(address: str) -> str:
    """The host of a URL or of ``host:port``; empty for a socket's file."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    return (parts.hostname or "").rstrip(".")


def _is_near(address: str) -> bool:
    """Whether an address is of this machine or of the demo's own containers."""
    hosts = [host_of(address), *(host_of(one) for one in _queried(address, "host") if not one.startswith("/"))]
    return all(host in LOOPBACK | CONTAINERS | {""} for host in hosts)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, however it is written: ``localhost``, ``127.1``, ``0x7f000001``."""
    if host in LOOPBACK or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(socket.inet_aton(host))
    except OSError:
        try:
            named = ipaddress.ip_address(host)
        except ValueError:
            return False
        address = getattr(named, "ipv4_mapped", None) or named
    return address.is_loopback or address.is_unspecified


def _queried(address: str, name: str) -> list[str]:
    """What a URL says behind its question mark, where drivers read hosts and passwords too; of all hosts of a list."""
    found = parse_qs(urlsplit(address).query, keep_blank_values=True)
    return [part for value in found.get(name, []) for part in value.split(",")]


def _is_weak_login(address: str, *names: str) -> bool:
    """Whether a URL holds a password that somebody could guess; none at all is for certificates and sockets."""
    login = urlsplit(address)
    given = _queried(address, "password") + ([unquote(login.password)] if login.password is not None else [])
    return any(is_weak(one, *names, login.username or "") for one in given)


def _made_for(file: Path) -> str:
    """What a key ring was made for; empty when that was never written down, or it is made at the first start."""
    try:
        return str(json.loads(file.read_text(encoding="utf-8")).get("made_for", ""))
    except FileNotFoundError:
        return ""


def check_launcher(environment: Mapping[str, str]) -> None:
    """UnsafeSettingsError when the demo's launchers are asked without the switch, or beside a real installation."""
    if environment.get(SWITCH, "").lower() not in {"1", "true", "yes"}:
        raise UnsafeSettingsError(
            f"This starts the demo with public clients; say {SWITCH}=1 (`make up` and `make stack` do)."
            f" 此命令启动带公开账户的演示系统,请设置 {SWITCH}=1(make up 与 make stack 已设置)。"
        )
    given = {name: environment.get(variable(name), "").split(",") for name in (*ADDRESSES, "superuser_url", "origins")}
    faults = [variable(name) for name, addresses in given.items() if not all(map(_is_near, addresses))]
    refuse(faults, demo=True)


def check_passwords(passwords: Mapping[str, str], superuser_url: str, *, demo: bool) -> None:
    """The same for the migrations, which set the logins' passwords."""
    if demo:
        refuse([] if _is_near(superuser_url) else [variable("superuser_url")], demo=True)
        return
    faults = [f"ANXIANG_{name.upper()}_PASSWORD" for name, password in passwords.items() if is_weak(password, name)]
    if _is_weak_login(superuser_url):
        faults.append(variable("superuser_url"))
    refuse(faults, demo=False)
