"""Imports on a real database: totals, rejects, duplicates, isolation, and a worker that is killed."""

import asyncio
import csv
import io
import os
import signal
import sys
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from services.registry.jobs import import_seniors
from services.registry.seniors.service import IDENTITY
from shared.contracts.registry import SeniorSnapshot
from shared.database import Scope
from shared.kernel import KernelState
from tests.integration.registry.conftest import EVERYTHING, People
from tests.integration.registry.files import HEADER, ended, numbers, sheet, upload
from tests.integration.registry.samples import GAOGANG, HAILING, get, identity_number, post, senior
from tests.support.services import RunningService, ServiceFactory

WORKER = """
import asyncio, sys
from services.registry.jobs import import_seniors
from shared.kernel import KernelState
from shared.settings import Settings
asyncio.run(import_seniors(KernelState.of(Settings()), {"import_id": sys.argv[1]}))
"""


async def rejects(http: httpx.AsyncClient, import_id: str) -> list[dict[str, str]]:
    """The reject file."""
    answer = await http.get(f"/v1/imports/{import_id}/rejects")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def stored(kernel: KernelState, query: str) -> int:
    """One number from the database."""
    async with kernel.database.transaction(Scope.everywhere()) as session:
        return int(await session.scalar(text(query)) or 0)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "gb18030"])
async def test_a_file_is_registered_and_its_bad_rows_are_told_by_row_column_and_code(
    people: People, registry: RunningService, encoding: str
) -> None:
    known = identity_number()
    await post(people.gaogang, "/v1/seniors", senior(identity_number=known, region=GAOGANG))
    number = numbers(5)
    first, second = next(number), next(number)
    rows = [
        f"张建国,{first},{HAILING},,,,,,,",
        f"王秀英,{second},{HAILING},,,,,,是,2024-06-01",
        "",
        f"李重复,{first},{HAILING},,,,,,,",
        f"赵已登,{known},{HAILING},,,,,,,",
        f"陈他区,{next(number)},{GAOGANG},,,,,,,",
        f'刘引号,"{next(number)},{HAILING},,,,,,,',
        ",,,,,,,,,",
    ]
    accepted = await upload(people.hailing, ("\r\n".join([HEADER, *rows]) + "\r\n").encode(encoding))
    state = await ended(people.hailing, accepted["import_id"])
    assert state["encoding"] == ("utf-8" if encoding == "utf-8" else "gb18030")
    assert (state["status"], state["rows_total"], state["rows_done"], state["rows_rejected"]) == ("finished", 6, 2, 4)
    found = await rejects(people.hailing, accepted["import_id"])
    assert [(line["row"], line["column"], line["code"]) for line in found] == [
        ("5", "identity_number", "twice_in_file"),
        ("6", "identity_number", "registered"),
        ("7", "region", "outside"),
        ("8", "row", "quotes"),
    ]
    assert found[2]["说明"].startswith("区划代码:")
    assert first not in str(found)
    hit = await post(people.hailing, "/v1/seniors/search", {"name": "秀英"}, 200)
    file = await get(people.hailing, f"/v1/seniors/{hit['items'][0]['senior_id']}")
    assert [(fact["kind"], fact["source"]) for fact in file["circumstances"]] == [("living_alone", "批量导入")]
    by_number = await post(people.hailing, "/v1/seniors/search", {"identity_number": second}, 200)
    assert by_number["items"] == hit["items"]
    await get(people.gaogang, f"/v1/imports/{accepted['import_id']}", 404)
    await get(people.gaogang, f"/v1/imports/{accepted['import_id']}/rejects", 404)
    assert (await get(people.gaogang, "/v1/imports"))["items"] == []


async def test_what_an_import_publishes_is_what_a_single_registration_would(
    people: People, registry: RunningService
) -> None:
    accepted = await upload(people.hailing, sheet(20).encode())
    await ended(people.hailing, accepted["import_id"])
    query = text("SELECT data FROM outbox WHERE topic = 'registry.seniors' ORDER BY position")
    async with registry.database.transaction(Scope.everywhere()) as session:
        events = [SeniorSnapshot.model_validate_json(bytes(row)) for row in await session.scalars(query)]
    assert len(events) == 20
    for event in events:
        path = f"/v1/seniors/{event.senior_id}"
        etag = (await people.hailing.get(path)).headers["etag"]
        changed = await people.hailing.patch(path, json={"phone": None}, headers={"if-match": etag})
        assert changed.status_code == 200
    async with registry.database.transaction(Scope.everywhere()) as session:
        again = [SeniorSnapshot.model_validate_json(bytes(row)) for row in await session.scalars(query)][20:]
    leave_out = {"version", "recorded_at"}
    assert [event.model_dump(exclude=leave_out) for event in again] == [
        event.model_dump(exclude=leave_out) for event in events
    ]


async def test_an_import_killed_half_way_is_resumed_and_its_totals_are_exact(
    start_service: ServiceFactory, tmp_path: Path
) -> None:
    api: RunningService = await start_service("registry", roles="api")
    async with api.client(*EVERYTHING) as http:
        accepted = await upload(http, sheet(10_000, bad_every=20).encode())
        path = f"/v1/imports/{accepted['import_id']}"
        await _kill_half_way(api, http, accepted["import_id"])
        half = await get(http, path)
        assert 0 < half["rows_read"] < 10_000
        assert half["status"] == "running"
        assert await stored(api.kernel, "SELECT count(*) FROM seniors") == half["rows_done"]
        await start_service("registry", roles="jobs")
        state = await ended(http, accepted["import_id"])
        assert (state["status"], state["rows_total"], state["rows_read"]) == ("finished", 10_000, 10_000)
        assert (state["rows_done"], state["rows_rejected"]) == (9_500, 500)
        found = await rejects(http, accepted["import_id"])
        assert len({line["row"] for line in found}) == 500
        assert {line["code"] for line in found} == {"check_digit", "outside", "date", "twice_in_file", "field_count"}
        assert (await get(http, "/v1/seniors/counts"))["total"] == 9_500
        assert await stored(api.kernel, "SELECT count(DISTINCT key) FROM outbox") == 9_500
        assert await stored(api.kernel, "SELECT count(*) FROM outbox") == 9_500
        assert await stored(api.kernel, "SELECT count(DISTINCT senior_id) FROM name_tokens") == 9_500
        assert await stored(api.kernel, "SELECT count(*) FROM senior_facts WHERE kind = 'residence'") == 9_500
        assert await stored(api.kernel, "SELECT count(*) FROM import_blocks") == 0


async def _kill_half_way(api: RunningService, http: httpx.AsyncClient, import_id: str) -> None:
    settings = api.kernel.settings
    environment = {
        "ANXIANG_SERVICE": "registry",
        "ANXIANG_DATABASE_URL": settings.database_url,
        "ANXIANG_KEYRING_FILE": str(settings.keyring_file),
    }
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, import_id, env=os.environ | environment)
    try:
        async with asyncio.timeout(60):
            while (await get(http, f"/v1/imports/{import_id}"))["rows_read"] == 0:  # noqa: ASYNC110  # another process works
                await asyncio.sleep(0.01)
    finally:
        worker.send_signal(signal.SIGKILL)
        await worker.wait()


async def test_two_workers_on_one_import_write_every_row_once(start_service: ServiceFactory) -> None:
    api: RunningService = await start_service("registry", roles="api")
    async with api.client(*EVERYTHING) as http:
        accepted = await upload(http, sheet(8_000, bad_every=20).encode())
        payload = {"import_id": accepted["import_id"]}
        await asyncio.gather(import_seniors(api.kernel, payload), import_seniors(api.kernel, payload))
        state = await get(http, f"/v1/imports/{accepted['import_id']}")
        assert (state["status"], state["rows_done"], state["rows_rejected"]) == ("finished", 7_600, 400)
        assert await stored(api.kernel, "SELECT count(*) FROM seniors") == 7_600


async def test_a_failed_import_says_so_and_is_resumed(
    start_service: ServiceFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    api: RunningService = await start_service("registry", roles="api")
    async with api.client(*EVERYTHING) as http:
        accepted = await upload(http, sheet(10).encode())
        path, payload = f"/v1/imports/{accepted['import_id']}", {"import_id": accepted["import_id"]}
        await post(http, f"{path}/resume", {}, 409)
        with monkeypatch.context() as broken:
            broken.setattr("services.registry.imports.repository.add_facts", _fail)
            with pytest.raises(ConnectionError):
                await import_seniors(api.kernel, payload)
        failed = await get(http, path)
        assert (failed["status"], failed["rows_read"]) == ("failed", 0)
        assert failed["error"].startswith(
            "系统的某一部分没有应答,请稍后重新发起。 A part of the system did not answer."
        )
        assert (await get(http, "/v1/seniors/counts"))["total"] == 0
        assert (await post(http, f"{path}/resume", {}, 202))["status"] == "waiting"
        await import_seniors(api.kernel, payload)
        await import_seniors(api.kernel, payload)
        assert (await get(http, path))["rows_done"] == 10


async def _fail(*_args: object) -> None:
    raise ConnectionError


async def test_files_that_are_no_csv_are_refused_whole(people: People, registry: RunningService) -> None:
    await upload(people.hailing, b"", 422)
    await upload(people.hailing, "名字,号码\n".encode(), 422)
    await upload(people.hailing, b"\x00\xff\xfe\x00" * 100, 422)
    answer = await people.hailing.post("/v1/imports", content=b"{}", headers={"content-type": "application/json"})
    assert answer.status_code == 415
    parts = {"file": ("名册.csv", sheet(3).encode("gbk"), "text/csv")}
    sent = await people.hailing.post("/v1/imports", files=parts)
    assert sent.status_code == 202
    assert sent.headers["location"] == f"/registry/v1/imports/{sent.json()['import_id']}"
    assert sent.json()["file_name"] == "名册.csv"
    no_file = await people.hailing.post("/v1/imports", files={"other": ("x.csv", b"x")})
    assert no_file.status_code == 422
    for name in ("a\u202egpj.csv", "\u200b.csv", "a\x1b[2J.csv", "a\U000e0041.csv", "a\x00.csv"):
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n\r\n'
        form = {"content-type": "multipart/form-data; boundary=x"}
        hidden = await people.hailing.post("/v1/imports", content=head + sheet(3).encode() + b"\r\n--x--", headers=form)
        assert hidden.status_code == 422, name
    only_header = await upload(people.hailing, HEADER.encode())
    assert (await ended(people.hailing, only_header["import_id"]))["rows_total"] == 0
    assert (await ended(people.hailing, sent.json()["import_id"]))["rows_done"] == 3


async def test_the_stored_file_is_encrypted_until_its_rows_are_written(start_service: ServiceFactory) -> None:
    api: RunningService = await start_service("registry", roles="api")
    async with api.client(*EVERYTHING) as http:
        content = sheet(5)
        await upload(http, content.encode())
        async with api.database.transaction(Scope.everywhere()) as session:
            blocks = [bytes(row) for row in await session.scalars(text("SELECT content FROM import_blocks"))]
        assert blocks
        number = content.split("\n")[1].split(",")[1]
        assert all(number.encode() not in block for block in blocks)
        assert len(api.kernel.keyring.blind(number, IDENTITY)) == 16


async def test_a_form_sent_again_under_its_key_is_the_same_whatever_its_boundary(people: People) -> None:
    content = sheet(2).encode()
    first, again = [
        await people.hailing.post(
            "/v1/imports",
            files={"file": ("a.csv", content, "text/csv")},
            headers={"idempotency-key": "form", "content-type": f"multipart/form-data; boundary={boundary}"},
        )
        for boundary in ("one", '"another"')
    ]
    assert (first.status_code, again.json()) == (202, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = {"file": ("a.csv", sheet(3).encode(), "text/csv")}
    assert (
        await people.hailing.post("/v1/imports", files=other, headers={"idempotency-key": "form"})
    ).status_code == 422


async def test_a_dry_run_says_what_an_import_would_do_and_registers_nobody(
    people: People, registry: RunningService
) -> None:
    known = identity_number()
    await post(people.gaogang, "/v1/seniors", senior(identity_number=known, region=GAOGANG))
    lines = sheet(4_100, bad_every=41).split("\n")
    again = lines[2].split(",")[1]
    lines += [f"赵已登,{known},{HAILING},,,,,,,", f"李重复,{again},{HAILING},,,,,,,"]
    content = "\n".join(lines).encode()
    tables = ("seniors", "senior_facts", "name_tokens", "outbox WHERE topic = 'registry.seniors'", "subject_ids")

    async def sizes() -> list[int]:
        return [await stored(registry.kernel, f"SELECT count(*) FROM {table}") for table in tables]

    before = await sizes()
    answer = await people.hailing.post(
        "/v1/imports", content=content, headers={"content-type": "text/csv"}, params={"dry_run": "true"}
    )
    tried = await ended(people.hailing, answer.json()["import_id"])
    after = await sizes()
    assert after[:-1] == before[:-1]
    assert after[-1] == before[-1] + 1  # the import's own id
    assert await stored(registry.kernel, "SELECT count(*) FROM import_seen") == 0
    entries = (await get(people.hailing, "/v1/audit"))["items"]
    [entry] = [one for one in entries if one["target"] == tried["import_id"] and one["detail"].get("dry_run")]
    assert entry["action"] == "registry.imports.dry-run"
    done = await ended(people.hailing, (await upload(people.hailing, content))["import_id"])
    assert (tried["dry_run"], done["dry_run"]) == (True, False)
    for total in ("rows_total", "rows_read", "rows_done", "rows_rejected"):
        assert tried[total] == done[total], total
    would = await rejects(people.hailing, tried["import_id"])
    assert would == await rejects(people.hailing, done["import_id"])
    assert {line["code"] for line in would} >= {"registered", "twice_in_file"}


async def test_many_bad_rows_are_told_by_their_numbers_and_many_errors_of_a_row_are_counted(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.registry.imports.service.MOST_TOLD", 2_100)
    columns = "姓名,身份证号,区划代码,户籍迁入日期,联系电话,住址,纬度,经度,坐标系,开户银行,独居,经济状况,残疾等级"
    bad = f"{columns}\n" + "\n".join([",".join("x" * len(columns.split(",")))] * 4_500)
    state = await ended(people.hailing, (await upload(people.hailing, bad.encode()))["import_id"])
    assert (state["rows_total"], state["rows_rejected"]) == (4_500, 4_500)
    answer = await people.hailing.get(f"/v1/imports/{state['import_id']}/rejects")
    found = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    told = [line for line in found if line["row"] == "2"]
    assert [line["code"] for line in told].count("more") == 1
    assert len(told) == 6
    rest = [line for line in found if "rows:" in line["message"]]
    assert [line["message"].partition(": ")[2] for line in rest] == ["2102-4001.", "4002-4501."]
    assert len({line["row"] for line in found}) == 2_102
    one_row = len(answer.content) / 2_102
    assert one_row < 1_000
