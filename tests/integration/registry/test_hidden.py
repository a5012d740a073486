"""No answer, export, error, event or log tells a part of a number by which a person could be found again."""

import logging
import re
from datetime import date

import httpx
import pytest
from sqlalchemy import text

from shared.database import Scope
from tests.integration.registry.conftest import People
from tests.integration.registry.files import ended, upload
from tests.integration.registry.samples import HAILING, identity_number, post, senior
from tests.support.services import RunningService

ORDINARY = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)|\b\d{12}\b|[0-9a-f]{32,}"
    r"|[0-9.]+ms|0x[0-9a-f]+"
)
"""Ids, moments, regions and hashes: their digits are nobody's."""
OLD, NEW, MISTYPED = (identity_number(date(1941, 3, 5), sequence) for sequence in (737, 858, 969))
ACCOUNT, PHONE = "6222020000001234567", "0523-86887935"


def tails(number: str) -> tuple[str, ...]:
    """What must not be shown: the sequence, and its end with the check digit."""
    return number[14:17], number[15:18]


async def test_nothing_tells_the_sequence_of_a_number_or_the_middle_of_a_phone(
    people: People, registry: RunningService, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []

    async def keep(answer: httpx.Response) -> None:
        told.append((await answer.aread()).decode("utf-8-sig"))

    clerk = people.hailing
    for client in (people.hailing, people.gaogang):
        client.event_hooks["response"].append(keep)
    made = await post(clerk, "/v1/seniors", senior(identity_number=OLD, phone=PHONE))
    path = f"/v1/seniors/{made['senior_id']}"
    change = {"identity_number": NEW, "document_no": "公安更正", "reason": "号码更正"}
    asked = await clerk.post(f"{path}/changes", json=change, headers={"if-match": '"1"'})
    assert asked.status_code == 201
    for again in (clerk, people.gaogang):
        assert (await again.post("/v1/seniors", json=senior(identity_number=OLD))).status_code in {403, 409, 422}
    wrong = MISTYPED[:-1] + ("1" if MISTYPED[-1] != "1" else "2")
    for number in (wrong, OLD[:15], OLD + "0", OLD[:17] + "Y"):
        assert (await clerk.post("/v1/seniors/search", json={"identity_number": number})).status_code == 422
        assert (await clerk.post("/v1/seniors", json=senior(identity_number=number))).status_code == 422
    assert len((await post(clerk, "/v1/seniors/search", {"identity_number": OLD}, 200))["items"]) == 1
    for listed in ("/v1/seniors", path, "/v1/changes", f"/v1/changes/{asked.json()['change_id']}", "/v1/audit"):
        assert (await clerk.get(listed)).status_code == 200
    rows = [f"张三,{OLD},{HAILING}", f"李四,{wrong},{HAILING}", f"王五,{MISTYPED},{HAILING},多一列"]
    accepted = await upload(clerk, "\n".join(["姓名,身份证号,区划代码", *rows]).encode())
    assert (await ended(clerk, accepted["import_id"]))["rows_rejected"] == 3
    assert (await clerk.get(f"/v1/imports/{accepted['import_id']}/rejects")).text.count("\n") == 4
    headless = await clerk.post("/v1/imports", content=rows[0].encode(), headers={"content-type": "text/csv"})
    assert headless.status_code == 422
    async with registry.database.transaction(Scope.everywhere()) as session:
        told += [bytes(row).decode() for row in await session.scalars(text("SELECT data FROM outbox"))]
    out, err = capfd.readouterr()
    told += [out, err, "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")]
    everything = ORDINARY.sub("", "\n".join(told))
    assert len(everything) > 5000
    hidden = [part for number in (OLD, NEW, MISTYPED) for part in tails(number)] + [PHONE[-4:], ACCOUNT[:8]]
    assert [part for part in hidden if part in everything] == []
    assert made["identity_number"] == OLD[:4] + "*" * 14
