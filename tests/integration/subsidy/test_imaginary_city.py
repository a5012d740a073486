"""The guide for policy clerks, followed word for word: its files are written, loaded, simulated, paid and explained."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.subsidy.engine import POLICIES, PackRefused, Packs
from services.subsidy.engine.refusals import Language
from services.subsidy.policies.__main__ import main
from shared.ids import new_id
from tests.integration.subsidy.applying import Office
from tests.integration.subsidy.simulating import AGE, MEAL, told, worked_out
from tests.integration.subsidy.test_reload import amount_of, until
from tests.integration.subsidy.town import meal, senior
from tests.support.services import ServiceFactory

DOCS = Path(__file__).resolve().parents[3] / "docs"
GUIDE, CHINESE = [(DOCS / name).read_text(encoding="utf-8") for name in ("cities.md", "cities.zh-CN.md")]
BLOCK = re.compile(r"^```(?:yaml|text) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ASKED = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WRONG = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \| ([^|]+?) \|$", re.MULTILINE)
CITY, DISTRICT, FOLDER, CARE = "320000", "321202", "320000-imagined", "nursing_subsidy"
POOR = {"economic_status": "minimum_living", "assessed_level": 3}


def written(root: Path, guide: str = GUIDE) -> Path:
    """The files of the guide in a folder, beside the words that all cities share."""
    shutil.copytree(POLICIES / "national", root / "national")
    for name, content in BLOCK.findall(guide):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the city in it."""
    return written(tmp_path / "policies")


@pytest.fixture
async def office(start_service: ServiceFactory, root: Path) -> Office:
    """A service whose only law is that of the guide."""
    return Office(await start_service("subsidy", roles="api", policy_root=str(root)))


async def reads(office: Office, line: dict[str, Any], *words: str) -> None:
    """A line is explained in Chinese, in these words, with sentences of the text; and proved."""
    explained = await office.clerk.get(f"/v1/lines/{line['id']}/explanation", headers={"accept-language": "zh"})
    answer = explained.json()
    assert [word for word in words if word not in answer["text"]] == []
    sources = {step["source"]["document"]["id"] for step in answer["trace"]["steps"] if step["source"]}
    assert sources <= {"imagined-2026", "first-district-1"}
    assert "imagined-2026" in sources
    proof = await office.do(f"/v1/lines/{line['id']}/proof")
    assert (proof["equal"], proof["recomputed"]) == (True, line["amount"])


def test_the_clerk_s_commands_say_what_the_guide_says(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(root), "check"]) == 0
    said = capsys.readouterr().out.strip()
    assert said.startswith("2 packs are fit for use; 12 of 12")
    assert f"> {said}" in GUIDE
    assert f"> {said}" in CHINESE
    assert main(["--root", str(root), "--language", "zh", "show", CITY]) == 0
    assert "每人每月最多补几餐" in capsys.readouterr().out
    newer = written(root.parent / "newer")
    for file in (newer / FOLDER / "districts").rglob("*.*"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("84, value: 40", "84, value: 45").replace("40元", "45元"), encoding="utf-8")
    assert main(["--language", "zh", "diff", str(root), str(newer)]) == 1
    told_of = [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith(" ")]
    assert len(told_of) == 2
    assert [line for line in told_of if f"> {line}" not in GUIDE or f"> {line}" not in CHINESE] == []


def test_both_languages_have_the_same_files() -> None:
    assert len(BLOCK.findall(GUIDE)) == 14
    assert BLOCK.findall(CHINESE) == BLOCK.findall(GUIDE)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_system_refuses_it_says_in_the_words_of_the_guide(root: Path, language: Language) -> None:
    examples = WRONG.findall(GUIDE if language == "en" else CHINESE)
    assert len(examples) == 4
    for name, right, wrong, sentence in examples:
        file = root / FOLDER / name
        text = file.read_text(encoding="utf-8")
        assert right in text
        file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
        with pytest.raises(PackRefused) as refused:
            Packs.load(root)
        assert sentence in [refusal.sentence(language) for refusal in refused.value.refusals]
        file.write_text(text, encoding="utf-8")


async def test_the_three_programmes_are_simulated_run_approved_paid_and_explained(office: Office) -> None:
    old, poor, vendor = senior(born=date(1940, 3, 5)), senior(born=date(1970, 3, 5)), new_id()
    await office.hear(old, poor, *(meal(old.senior_id, vendor, date(2026, 10, day)) for day in (1, 2)))
    await office.accepted(CARE, POOR, senior_id=poor.senior_id)
    asked = json.loads(ASKED.findall(GUIDE)[0])
    dearer = [*asked["values"], {"parameter": f"{MEAL}.amount", "value": "3"}]
    dearer.append({"parameter": f"{CARE}.amount", "table": {"disabled": "300", "semi_disabled": "120"}})
    result = await worked_out(
        office, **asked | {"programmes": [AGE, MEAL, CARE], "values": dearer, "ignore_floors": True}
    )
    cells = {cell["programme"]: told(cell, "today", "changed", "difference") for cell in result["cells"]}
    assert cells == {
        AGE: ("80.00", "90.00", "10.00"),
        MEAL: ("5.00", "6.00", "1.00"),
        CARE: ("260.00", "300.00", "40.00"),
    }
    assert len(result["limits_ignored"]) == len(("meal", "nursing"))
    run = await office.approved("2026-10")
    assert (run["state"], run["created_by"], run["decided_by"]) == ("approved", "clerk", "second")
    lines = {line["programme"]: line for line in await office.lines(run["id"])}
    assert {code: line["amount"] for code, line in lines.items()} == {code: cell[0] for code, cell in cells.items()}
    batch = await office.batch(run["id"])
    assert (batch["rows"], batch["amount"]) == (3, "345.00")
    content = (await office.clerk.get(f"/v1/payment-batches/{batch['id']}/file")).content.decode()
    rows = [row.split(",") for row in content.splitlines() if row.startswith("D")]
    assert {row[2]: row[6] for row in rows} == {line["id"]: line["amount"] for line in lines.values()}
    await reads(office, lines[AGE], "本月应发 80.00 元", "86周岁", "第一条", "第二条", "2035年4月")
    await reads(office, lines[MEAL], "本月应发 5.00 元", "付给服务机构", "每份2.50元", "第四条")
    await reads(office, lines[CARE], "本月应发 260.00 元", "按本地规定属于失能", "第三条")


async def test_what_a_district_decided_goes_live_without_a_restart(
    start_service: ServiceFactory, root: Path, tmp_path: Path
) -> None:
    folder = root / FOLDER / "districts"
    folder.rename(tmp_path / "later")
    office = Office(await start_service("subsidy", roles="api", policy_root=str(root)))
    old = senior(born=date(1940, 3, 5))
    await office.hear(old)
    body = {"programme": AGE, "month": "2026-10", "senior_id": str(old.senior_id)}
    waits = await office.do("/v1/determinations", body)
    assert (waits["amount"], waits["outcome"], waits["reason"]) == ("0.00", "not_configured", "effective_date_missing")
    later = tmp_path / "later" / f"{DISTRICT}-first"
    draft = {"override": (later / "override.yaml").read_text(encoding="utf-8")}
    sources = {"notice.txt": (later / "notice.txt").read_text(encoding="utf-8")}
    cost = (await worked_out(office, draft=draft | {"sources": sources}))["total"]
    assert told(cost, "today", "changed") == ("0.00", "80.00")
    (tmp_path / "later").rename(folder)
    await until(amount_of(office, old.senior_id), "80.00")
