"""The two READMEs say the same and what they say exists; ``tests/e2e/test_readme.py`` runs their commands."""

from __future__ import annotations

import re

import pytest

from tests.architecture.pages import ROOT

READMES = ("README.md", "README.zh-CN.md")
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
MODULE = re.compile(r"python -m ([a-z_.]+)")


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _commands(name: str) -> list[str]:
    """The lines of every shell block, without what is said about them."""
    lines = [line for block in BLOCK.findall(_text(name)) for line in block.splitlines()]
    return [re.sub(r"\s+# .*", "", line) for line in lines if line.strip()]


def _links(name: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", _text(name))


def test_both_readmes_give_the_same_commands_in_the_same_order() -> None:
    english, chinese = (_commands(name) for name in READMES)
    assert english == chinese
    assert {"make up", "make test", "make demo", "make stack"} <= set(english)


@pytest.mark.parametrize("name", READMES)
def test_every_verb_is_a_target_of_the_makefile(name: str) -> None:
    makefile = _text("Makefile")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    verbs = set(re.findall(r"(?:^|`)make ([a-z]+)", _text(name), re.MULTILINE))
    assert verbs >= {"up", "test", "demo", "stack", "help"}
    assert verbs - targets == set()
    assert set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)) == targets, (
        "a target without a line in `make help`"
    )


@pytest.mark.parametrize("name", READMES)
def test_every_link_and_every_module_exists(name: str) -> None:
    inside = [link for link in _links(name) if "://" not in link]
    assert len(inside) >= 8
    assert [link for link in inside if not (ROOT / link.partition("#")[0]).exists()] == []
    for module in MODULE.findall(_text(name)):
        assert (ROOT / module.replace(".", "/") / "__main__.py").exists() or (
            ROOT / f"{module.replace('.', '/')}.py"
        ).exists()


def test_both_readmes_link_to_the_same_pages() -> None:
    english, chinese = ({link for link in _links(name) if not link.startswith("README")} for name in READMES)
    assert english == chinese


@pytest.mark.parametrize("name", READMES)
def test_the_folders_of_the_table_are_the_folders_of_the_project(name: str) -> None:
    for folder in ("services", "services/subsidy/policies", "shared", "deploy", "tests", "docs"):
        assert f"`{folder}" in _text(name)
        assert (ROOT / folder).is_dir()
    row = next(line for line in _text(name).splitlines() if line.startswith("| `tests`"))
    named = set(re.findall(r"`([a-z0-9]+)`", row)) - {"tests"}
    here = {path.parent.name for path in (ROOT / "tests").glob("*/*.py")} | {
        path.parent.parent.name for path in (ROOT / "tests").glob("*/*/*.py")
    }
    assert named == here - {"support"}
