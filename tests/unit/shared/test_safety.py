"""The demo and a real installation keep apart, whatever setting is left from the one or brought into the other."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from deploy.demo import clients
from deploy.gateway import compose
from deploy.gateway.render import bootstrap, render
from deploy.local import envoy
from shared import safety
from shared.crypto import Keyring
from shared.events.security import Security
from shared.safety import UnsafeSettingsError, check, is_weak
from shared.settings import Settings

STRONG = "kV7mQ2xW9rT4zB6nL1cH8sD3"
DEMO_ISSUER = "http://127.0.0.1:8080/oauth"


def settings(**changes: Any) -> Settings:
    """A real installation."""
    values: dict[str, Any] = {
        "service": "visits",
        "demo": False,
        "database_url": f"postgresql+asyncpg://visits:{STRONG}@db.city.example:5432/anxiang",
        "kafka_bootstrap_servers": "k1.city.example:9092,k2.city.example:9092",
        "bus": "kafka",
        "kafka_security": "sasl_ssl",
        "kafka_username": "visits",
        "kafka_password": STRONG[3:] + STRONG[:3],
        "issuer": "https://login.city.example/realms/care",
        "jwks_uri": "https://login.city.example/realms/care/keys",
        "token_url": "https://login.city.example/realms/care/token",
        "gateway_url": "http://gateway:8080",
        "keyring_file": Path("/nowhere/keyring.json"),
        "client_id": "service-visits",
        "client_secret": STRONG[::-1],
    }
    return Settings(**(values | changes))


def demo(**changes: Any) -> Settings:
    """The demo on one machine."""
    values: dict[str, Any] = {
        "demo": True,
        "database_url": "postgresql+asyncpg://visits:demo-visits@/anxiang?host=/tmp/data&port=5432",
        "kafka_bootstrap_servers": "127.0.0.1:9092",
        "kafka_security": "plaintext",
        "issuer": DEMO_ISSUER,
        "jwks_uri": f"{DEMO_ISSUER}/jwks.json",
        "token_url": f"{DEMO_ISSUER}/token",
        "gateway_url": "http://127.0.0.1:8080",
        "client_secret": "demo-service-visits",
    }
    return settings(**(values | changes))


def test_both_ways_to_run_start() -> None:
    check(settings())
    check(demo())


def test_a_real_installation_speaks_plain_text_to_its_kafka_only_when_it_is_told_so() -> None:
    check(settings(kafka_security="plaintext", kafka_plaintext_allowed=True, kafka_password=""))
    check(settings(bus="local", kafka_security="plaintext"))
    assert Security.of(settings(kafka_security="plaintext")).options == {}


OWN_MACHINE = ["127.0.0.2", "127.1", "0x7f000001", "2130706433", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "a.localhost"]
OF_THE_DEMO = {
    "issuer": [DEMO_ISSUER, "https://127.0.0.1/oauth", "http://login.city.example", "https://localhost:8443/x", ""],
    "jwks_uri": [f"{DEMO_ISSUER}/jwks.json", "http://issuer:8000/jwks.json", "http://[::1]:8080/oauth/jwks.json", ""],
    "token_url": [f"{DEMO_ISSUER}/token", "http://issuer:8000/token", "http://LOCALHOST:8000/token"],
    "database_url": [
        f"postgresql+asyncpg://visits:{password}@db.city.example/anxiang"
        for password in (
            "demo-visits",
            "test-visits",
            "visits",
            "postgres",
            "",
            "Visits2026!",
            "aaaaaaaaaaaaaaaaaaaaaa",
        )
    ]
    + ["postgresql+asyncpg://db.city.example/anxiang?user=visits&password=demo-visits"],
    "client_secret": [
        *("", "demo-service-visits", "service-visits", "changeme-changeme-changeme", "password1234567890", "x" * 40),
        *("abcdefghijklmnopqrstuvwxyz", "0123456789012345678901234", "S3cret!", "visitsvisitsvisitsvisits"),
        *(client.secret for client in clients.load().values()),
    ],
    "kafka_security": ["plaintext"],
    "kafka_username": [""],
    "kafka_password": ["", "visits", "demo-kafka-visits", "x" * 40, "kafka-visits-2026"],
    "policy_overrides": [
        "/srv/services/subsidy/policies/samples/321202",
        r"C:\x\policies\samples\321203",
        "/srv/policies/./samples/321202",
        "/srv/policies//samples/x",
        "/srv/policies/a/../samples/x:/srv/own",
    ],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, all_ in OF_THE_DEMO.items() for value in all_])
def test_nothing_of_the_demo_and_nothing_weak_starts_a_real_installation(name: str, value: str) -> None:
    with pytest.raises(UnsafeSettingsError, match=safety.variable(name)) as refused:
        check(settings(**{name: value}))
    assert "正式环境" in str(refused.value)
    assert not value or len(value) < 8 or value not in str(refused.value)


@pytest.mark.parametrize("name", safety.ADDRESSES)
@pytest.mark.parametrize("host", ["login.city.example", "10.1.2.3", "127.0.0.1.city.example", "localhost.city.example"])
def test_no_address_of_a_real_installation_starts_with_the_demo(name: str, host: str) -> None:
    value = {
        "database_url": f"postgresql+asyncpg://visits:x@{host}/anxiang",
        "kafka_bootstrap_servers": f"127.0.0.1:9092,{host}:9092",
    }.get(name, f"https://{host}/x")
    with pytest.raises(UnsafeSettingsError, match=safety.variable(name)) as refused:
        check(demo(**{name: value}))
    assert "演示开关" in str(refused.value)


@pytest.mark.parametrize("host", ["db.city.example", "/run&host=db.city.example", "%2Frun,db.city.example:5432"])
def test_a_database_behind_an_address_in_the_query_is_no_demo_either(host: str) -> None:
    with pytest.raises(UnsafeSettingsError):
        check(demo(database_url=f"postgresql+asyncpg://visits:x@/anxiang?host={host}"))


@pytest.mark.parametrize("host", OWN_MACHINE)
@pytest.mark.parametrize("name", ["issuer", "jwks_uri", "token_url"])
def test_no_way_of_writing_this_machine_is_a_real_issuer(name: str, host: str) -> None:
    with pytest.raises(UnsafeSettingsError, match=safety.variable(name)):
        check(settings(**{name: f"https://{host}:8443/x"}))
    with pytest.raises(UnsafeSettingsError):
        compose.real(f"https://{host}:8443/x", "https://login.city.example/keys")


@pytest.mark.parametrize("origin", ["http://care.city.example", "https://localhost:3000", "https://127.1"])
def test_no_page_of_a_developer_calls_a_real_installation(origin: str) -> None:
    login = ("https://login.city.example/care", "https://login.city.example/keys")
    check(settings(origins="https://care.city.example,https://desk.city.example:8443"))
    assert compose.real(*login, "https://care.city.example").origins == ("https://care.city.example",)
    with pytest.raises(UnsafeSettingsError, match="ANXIANG_ORIGINS"):
        check(settings(origins=f"https://care.city.example,{origin}"))
    with pytest.raises(UnsafeSettingsError, match="ANXIANG_ORIGINS"):
        compose.real(*login, origin)


def test_no_page_of_a_real_installation_calls_the_demo() -> None:
    check(demo(origins="http://localhost:3000,http://127.0.0.1:5173"))
    with pytest.raises(UnsafeSettingsError, match="ANXIANG_ORIGINS"):
        check(demo(origins="http://localhost:3000,https://care.city.example"))
    with pytest.raises(UnsafeSettingsError, match="ANXIANG_ORIGINS"):
        safety.check_launcher({"ANXIANG_DEMO": "1", "ANXIANG_ORIGINS": "https://care.city.example"})


@pytest.mark.parametrize(
    "text", ["*", "null", "care.city.example", "https://care.example/", "https://Care.example", "https://*"]
)
def test_what_is_no_origin_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        settings(origins=text)


def test_samples_behind_a_link_are_samples(tmp_path: Path) -> None:
    (tmp_path / "policies" / "samples").mkdir(parents=True)
    (tmp_path / "law").symlink_to(tmp_path / "policies" / "samples")
    with pytest.raises(UnsafeSettingsError, match="ANXIANG_POLICY_OVERRIDES"):
        check(settings(policy_overrides=str(tmp_path / "law")))


def test_every_address_among_the_settings_is_looked_at() -> None:
    found = {name for name in Settings.model_fields if name.endswith(("_url", "_uri", "_servers", "_endpoint"))}
    assert found | {"issuer"} == set(safety.ADDRESSES)


@pytest.mark.parametrize("demo_first", [True, False])
def test_keys_of_the_one_do_not_serve_the_other(tmp_path: Path, demo_first: bool) -> None:
    file = tmp_path / "keyring.json"
    Keyring.load(file, made_for="demo" if demo_first else "production")
    check((demo if demo_first else settings)(keyring_file=file))
    with pytest.raises(UnsafeSettingsError, match="ANXIANG_KEYRING_FILE"):
        check((settings if demo_first else demo)(keyring_file=file))


def test_an_old_key_ring_that_does_not_say_serves_as_before(tmp_path: Path) -> None:
    file = tmp_path / "keyring.json"
    Keyring.load(file)
    assert "made_for" not in json.loads(file.read_text())
    check(demo(keyring_file=file))
    check(settings(keyring_file=file))


def test_a_secret_made_by_a_machine_is_never_weak() -> None:
    for make in (secrets.token_hex, secrets.token_urlsafe):
        assert not any(is_weak(make(24), "visits", "service-visits") for _ in range(2000))


@pytest.mark.parametrize("value", [None, "", "0", "false", "no"])
def test_the_launchers_of_the_demo_want_the_switch(value: str | None) -> None:
    with pytest.raises(UnsafeSettingsError, match="ANXIANG_DEMO=1"):
        safety.check_launcher({} if value is None else {"ANXIANG_DEMO": value})


@pytest.mark.parametrize("name", [*safety.ADDRESSES, "superuser_url"])
def test_the_launchers_of_the_demo_refuse_a_real_installation_beside_it(name: str) -> None:
    safety.check_launcher({"ANXIANG_DEMO": "1", "ANXIANG_ISSUER": DEMO_ISSUER})
    with pytest.raises(UnsafeSettingsError, match=safety.variable(name)):
        safety.check_launcher({"ANXIANG_DEMO": "1", safety.variable(name): "https://login.city.example/x"})


def test_the_migrations_take_no_default_password_outside_the_demo() -> None:
    near, far = "postgresql+asyncpg://postgres@localhost/x", f"postgresql+asyncpg://dba:{STRONG}@db.city.example/x"
    safety.check_passwords({"visits": STRONG}, far, demo=False)
    safety.check_passwords({"visits": "demo-visits"}, near, demo=True)
    for passwords, url, is_demo in (
        ({"visits": "demo-visits"}, far, False),
        ({"visits": STRONG}, "postgresql+asyncpg://postgres:demo-postgres@db.city.example/x", False),
        ({"visits": STRONG}, far, True),
    ):
        with pytest.raises(UnsafeSettingsError):
            safety.check_passwords(passwords, url, demo=is_demo)


def test_the_gateway_of_a_real_issuer_knows_neither_key_nor_way_of_the_demo(tmp_path: Path) -> None:
    gateway = compose.real("https://login.city.example/care", "https://login.city.example:8443/care/keys")
    said = str(bootstrap(gateway))
    assert "login.city.example" in said
    assert "UpstreamTlsContext" in said
    assert [part for part in ("/oauth", "issuer:8000", "127.0.0.1:8080") if part in said] == []
    (tmp_path / "envoy.yaml").write_text(render(gateway))
    envoy.validate(tmp_path / "envoy.yaml")


@pytest.mark.parametrize(
    "issuer", [DEMO_ISSUER, "https://localhost/x", "https://issuer/x", "http://login.city.example"]
)
def test_no_gateway_of_a_real_installation_takes_the_demo_s_issuer(issuer: str) -> None:
    for pair in ((issuer, "https://login.city.example/keys"), ("https://login.city.example", issuer)):
        with pytest.raises(UnsafeSettingsError):
            compose.real(*pair)
