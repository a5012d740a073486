"""What must be documented is: problems, settings, events, metrics, dependencies; and no address of a registry."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from prometheus_client import REGISTRY

from shared.contracts import EVENTS
from shared.contracts.base import LISTENERS, TOPICS
from tests.architecture import pages
from tests.architecture.pages import DOCS, ROOT, TABLES

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
OWN_SOURCES = DOCS / "sources"
HOSTS = (
    *(("py", "pi.org"), ("pythonhosted", ".org"), ("npm", "js.org"), ("npm", "js.com"), ("maven", ".org")),
    *(("maven.ap", "ache.org"), ("crates", ".io"), ("docker", ".io"), ("ghcr", ".io"), ("quay", ".io")),
    *(("proxy.gol", "ang.org"), ("rubyg", "ems.org"), ("jitpack", ".io")),
)
"""Hosts that serve packages, in two parts so that this file does not name them either."""
INDEX_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "NPM_CONFIG_REGISTRY")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_made_from_the_code_is_up_to_date(name: str) -> None:
    assert pages.committed(name) == TABLES[name](), "run `python -m tests.architecture.pages`"


def test_problems_of_one_name_have_one_status() -> None:
    statuses: dict[str, set[int]] = {}
    for kind in pages.problem_types():
        statuses.setdefault(kind.slug, set()).add(kind.status)
    assert len(statuses) > 50
    assert {slug: found for slug, found in statuses.items() if len(found) > 1} == {}


def test_every_event_stands_in_its_page_with_its_topic_and_its_readers() -> None:
    text = pages.page("events")
    assert [name for name in EVENTS if f"`{name}`" not in text] == []
    for topic in TOPICS:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{topic}`"))
        assert tuple(name.strip() for name in row.split("|")[-2].split(",")) == (LISTENERS[topic] or ("nobody",))


def test_every_metric_stands_in_the_operators_page() -> None:
    list(pages.modules())
    names = [metric.name for metric in REGISTRY.collect() if metric.name.startswith("anxiang_")]
    assert len(names) >= 10
    text = pages.page("operations")
    assert [name for name in names if not re.search(rf"`{name}(_total)?[`{{]", text)] == []


def test_every_dependency_has_its_reason_and_its_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *(one for group in project["dependency-groups"].values() for one in group),
    ]
    names = {re.split(r"[\[<>=!~ ]", requirement)[0] for requirement in wanted}
    assert len(names) > 40
    rows = (DOCS / "decisions" / "dependencies.md").read_text(encoding="utf-8").splitlines()
    given = {name.strip() for row in rows if row.startswith("| ") for name in row.split("|")[1].split(",")}
    given = {name for name in given if re.fullmatch(r"[a-z0-9.*-]+", name)} - {"package"}
    assert {name for name in names if not any(fnmatch(name, pattern) for pattern in given)} == set()
    assert {pattern for pattern in given if not any(fnmatch(name, pattern) for name in names)} == set()
    locked = re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name.replace(".", "-") for name in names} - set(locked) == set()


def test_every_link_of_every_page_leads_to_a_file() -> None:
    broken = [
        f"{file.relative_to(ROOT)}: {target}"
        for file in (*DOCS.rglob("*.md"), *ROOT.glob("*.md"))
        for target in LINK.findall(file.read_text(encoding="utf-8"))
        if "://" not in target and not (file.parent / target).exists()
    ]
    assert broken == []


def test_no_tracked_file_names_a_registry() -> None:
    hosts = {"".join(parts) for parts in HOSTS} | _configured_hosts()
    pattern = re.compile("|".join(rf"\b{re.escape(host)}\b" for host in sorted(hosts)))
    found = [
        f"{file.relative_to(ROOT)}: {match.group()}"
        for file in _tracked()
        if file.is_file() and (match := pattern.search(file.read_bytes().decode("utf-8", "ignore")))
    ]
    assert found == []


def _configured_hosts() -> set[str]:
    """Where this very machine gets its packages, if the environment says so."""
    addresses = " ".join(os.environ.get(name, "") for name in INDEX_VARIABLES).split()
    return {host for address in addresses if (host := urlsplit(address).hostname) and "." in host}


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [ROOT / name.decode() for name in listed.split(b"\0") if name]
