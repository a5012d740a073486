"""CSV files for imports, and waiting for one to end."""

import asyncio
import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx

from shared.identity import identity_check_digit
from tests.integration.registry.samples import HAILING, get

HEADER = "姓名,身份证号,区划代码,户籍迁入日期,联系电话,住址,开户银行,银行账号,独居,情况生效日期"
SURNAMES, GIVEN = "张王李赵单曾陈刘杨黄", "建国秀英明华玉兰桂芳志强德海"


def numbers(seed: int = 1) -> Iterator[str]:
    """Different identity numbers without end."""
    day = date(1930, 1, 1) + timedelta(days=seed)
    while True:
        for sequence in range(1, 1000):
            first = f"320199{day:%Y%m%d}{sequence:03d}"
            yield first + identity_check_digit(first)
        day += timedelta(days=1)


def sheet(rows: int, bad_every: int = 0, seed: int = 1) -> str:
    """A file of so many rows; each `bad_every`-th is wrong, in several ways in turn."""
    chance, number = random.Random(seed), numbers(seed)
    lines = [HEADER]
    for at in range(1, rows + 1):
        name = chance.choice(SURNAMES) + "".join(chance.choice(GIVEN) for _ in range(2))
        fields = [name, next(number), HAILING, "1990-01-01", f"139{chance.randrange(10**8):08d}", f"鼓楼路{at}号"]
        fields += ["农村商业银行", f"6222{chance.randrange(10**15):015d}", chance.choice(["是", ""]), "2024-06-01"]
        if bad_every and at % bad_every == 0:
            _spoil(fields, at // bad_every, lines)
        lines.append(",".join(fields))
    return "\n".join(lines) + "\n"


def _spoil(fields: list[str], turn: int, before: list[str]) -> None:
    kind = turn % 5
    if kind == 0:
        fields[1] = fields[1][:17] + ("0" if fields[1][17] != "0" else "1")
    elif kind == 1:
        fields[2] = "321203000000"
    elif kind == 2:
        fields[3] = "1990-02-30"
    elif kind == 3:
        fields[1] = before[-1].split(",")[1]
    else:
        fields.append("too many")


async def upload(http: httpx.AsyncClient, content: bytes, status: int = 202) -> Any:
    """Send a file."""
    answer = await http.post("/v1/imports", content=content, headers={"content-type": "text/csv"})
    assert answer.status_code == status, answer.text
    return answer.json()


async def ended(http: httpx.AsyncClient, import_id: str, seconds: float = 60) -> Any:
    """Wait until an import has finished or failed."""
    async with asyncio.timeout(seconds):
        while True:
            state = await get(http, f"/v1/imports/{import_id}")
            assert state["rows_read"] == state["rows_done"] + state["rows_rejected"]
            if state["status"] in {"finished", "failed"}:
                return state
            await asyncio.sleep(0.1)
