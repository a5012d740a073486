"""The commands of the READMEs for a meal vendor, as they stand there, against the running system."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8080"


def _vendor_block(readme: str) -> str:
    blocks = re.findall(r"^```bash\n(.*?)^```", (ROOT / readme).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    [found] = [block for block in blocks if "curl" in block]
    return str(found)


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_vendors_commands_of_the_readme_work_as_they_stand_there(base_url: str, readme: str) -> None:
    block = _vendor_block(readme)
    assert ADDRESS in block
    assert shutil.which("curl"), "curl is missing: the README's commands use it; install it with the system's packages"
    script = re.sub(r"^(curl .*)$", r"\1; echo", block.replace(ADDRESS, base_url), flags=re.MULTILINE)
    command = ["bash", "-euo", "pipefail", "-c", script]
    direct = os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(command, env=direct, capture_output=True, text=True, check=True)
    limits, deliveries = (json.loads(line) for line in done.stdout.splitlines())
    assert limits["batch_events"] == 1000
    assert deliveries.keys() == {"items", "next"}
    assert len(deliveries["items"]) <= 5
