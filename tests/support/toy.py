"""A service of two tables for tests of the kernel: it lives in the credit schema and uses nothing of credit's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from deploy.local import postgres
from deploy.migrations.kernel import region_scope_sql
from shared import api, audit, jobs
from shared.api import Kernel, Session
from shared.app import create_app
from shared.auth import Caller, require
from shared.clock import Month
from shared.database import Scope
from shared.errors import NotFound, problems
from shared.etag import check_if_match, etag
from shared.ids import new_id
from shared.kernel import KernelState, ServiceDefinition
from shared.language import Lang
from shared.money import Yuan
from shared.regions import Region
from shared.settings import Settings
from shared.tables import ensure_month
from shared.text import LongText, ShortText
from tests.support import tokens
from tests.support.services import RunningService

HOME = "credit"
TABLES = f"""
SET ROLE {HOME}_owner;
SET search_path = {HOME};
CREATE TABLE toys (
    id uuid PRIMARY KEY,
    region text COLLATE "C" NOT NULL,
    vendor_id uuid,
    name text NOT NULL,
    price bigint NOT NULL,
    note text,
    version int NOT NULL DEFAULT 1
);
CREATE INDEX toys_region ON toys (region, id);
{region_scope_sql("toys", "vendor_id")}
CREATE TABLE toy_uses (
    id uuid NOT NULL,
    region text COLLATE "C" NOT NULL,
    day date NOT NULL,
    PRIMARY KEY (id, day)
) PARTITION BY RANGE (day);
{region_scope_sql("toy_uses")}
CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.name = 'is taken' THEN RAISE EXCEPTION 'taken' USING ERRCODE = '23505'; END IF;
    IF NEW.name = 'fails at commit' THEN RAISE EXCEPTION 'refused' USING ERRCODE = '23514'; END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON toys DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse_late();
RESET ROLE;
"""
router = api.router("/v1/toys", "toys 玩具")
Reader = Annotated[Caller, require("toy.toys:read")]
Writer = Annotated[Caller, require("toy.toys:write")]


class BrokenToy(NotFound):
    """The toy is not there."""

    slug, title_en, title_zh = "no-toy", "There is no such toy", "没有这个玩具"


class ToyIn(BaseModel):
    """A toy to keep 玩具."""

    model_config = ConfigDict(extra="forbid")

    name: ShortText = Field(examples=["bear"])
    region: Region
    price: Yuan | None = None
    vendor_id: UUID | None = None
    note: LongText | None = None
    weight: float | None = None


class Toy(ToyIn):
    """A toy we keep 玩具."""

    id: UUID
    version: int


class Use(BaseModel):
    """A day on which a toy was used 使用记录."""

    region: Region
    day: date


def _toy(row: Any) -> Toy:
    return Toy(
        id=row.id, name=row.name, region=row.region, price=row.price, version=row.version, vendor_id=row.vendor_id
    )


async def _insert(session: Session, body: ToyIn) -> Toy:
    toy = Toy(**body.model_dump(), id=new_id(), version=1)
    await session.execute(
        text(
            "INSERT INTO toys (id, region, vendor_id, name, price, note)"
            " VALUES (:id, :region, :vendor_id, :name, :price, :note)"
        ),
        toy.model_dump(include={"id", "region", "vendor_id", "name", "note"}) | {"price": toy.price or 0},
    )
    return toy


@router.post("", status_code=201, summary="Keep a toy 登记玩具")
async def keep(
    body: ToyIn, session: Session, _caller: Writer, response: Response, x: Annotated[int, Query(ge=0, le=9)] = 0
) -> Toy:
    """Writes one row; ``x`` changes nothing but the address."""
    del x
    response.headers["etag"] = etag(1)
    return await _insert(session, body)


@router.post("/twins", status_code=201, summary="Keep the same toy elsewhere 另存玩具")
async def keep_twin(body: ToyIn, session: Session, _caller: Writer) -> Toy:
    """The same at another path."""
    return await _insert(session, body)


@router.post("/fails", summary="Write and fail 写入后失败", responses=problems(BrokenToy))
async def fails(body: ToyIn, session: Session, _caller: Writer) -> Toy:
    """Writes a row, then raises what the name says."""
    await _insert(session, body)
    if body.name == "problem":
        raise BrokenToy
    raise RuntimeError(f"a secret of {body.note}")


@router.post("/slow", status_code=201, summary="Keep a toy slowly 缓慢登记")
async def slow(body: ToyIn, session: Session, _caller: Writer) -> Toy:
    """Takes a while, so that two requests meet."""
    toy = await _insert(session, body)
    await asyncio.sleep(0.3)
    return toy


@router.get("", summary="List toys 玩具列表")
async def listed(session: Session, _caller: Reader, region: Region | None = None) -> list[Toy]:
    """Those the caller may see."""
    rows = await session.execute(
        text("SELECT * FROM toys WHERE CAST(:region AS text) IS NULL OR region = :region ORDER BY id"),
        {"region": region},
    )
    return [_toy(row) for row in rows]


@router.get("/count", summary="Count toys 玩具数量")
async def counted(session: Session, _caller: Reader) -> int:
    """How many the caller may see."""
    return int(await session.scalar(text("SELECT count(*) FROM toys")))


@router.get("/language", summary="The language 语言")
async def language(lang: Lang, _caller: Reader) -> str:
    """What the client reads."""
    return lang


@router.get("/named/{name}", summary="By its name 按名称", responses=problems(BrokenToy))
async def named(name: str, session: Session, _caller: Reader) -> Toy:
    """Takes any text, to see what any text does."""
    row = (await session.execute(text("SELECT * FROM toys WHERE name = :name"), {"name": name})).first()
    if row is None:
        raise BrokenToy
    return _toy(row)


@router.get("/priced/{price}", summary="By its price 按价格")
async def priced(price: int, session: Session, _caller: Reader) -> int:
    """Takes any integer, to see what a huge one does."""
    return int(
        await session.scalar(text("SELECT count(*) FROM toys WHERE price = CAST(:price AS bigint)"), {"price": price})
    )


@router.get("/{toy_id}", summary="One toy 玩具", responses=problems(BrokenToy))
async def one(toy_id: UUID, session: Session, _caller: Reader, response: Response) -> Toy:
    """With its entity tag."""
    row = (await session.execute(text("SELECT * FROM toys WHERE id = :id"), {"id": toy_id})).first()
    if row is None:
        raise BrokenToy
    response.headers["etag"] = etag(row.version)
    return _toy(row)


@router.patch("/{toy_id}", summary="Rename a toy 更名", responses=problems(BrokenToy))
async def rename(toy_id: UUID, name: ShortText, request: Request, session: Session, _caller: Writer) -> Toy:
    """Needs If-Match."""
    row = (await session.execute(text("SELECT * FROM toys WHERE id = :id FOR UPDATE"), {"id": toy_id})).first()
    if row is None:
        raise BrokenToy
    check_if_match(request, row.version)
    changed = await session.execute(
        text("UPDATE toys SET name = :name, version = version + 1 WHERE id = :id RETURNING *"),
        {"id": toy_id, "name": name},
    )
    return _toy(changed.one())


@router.post("/{toy_id}/reveal", summary="Reveal 查看明文")
async def reveal(toy_id: UUID, session: Session, caller: Annotated[Caller, require("toy.toys:reveal")]) -> str:
    """Leaves an audit entry."""
    await audit.record(
        session, caller, "toy.reveal", str(toy_id), purpose="test", detail={"重": [1, 0.5, None, {"b": 1, "a": 2}]}
    )
    return "revealed"


@router.post("/uses", status_code=201, summary="Use a toy 使用")
async def use(body: Use, session: Session, _caller: Writer) -> UUID:
    """Into the month's partition."""
    await ensure_month(session, "toy_uses", Month.of(body.day))
    use_id = new_id()
    await session.execute(
        text("INSERT INTO toy_uses (id, region, day) VALUES (:id, :region, :day)"), {"id": use_id, **body.model_dump()}
    )
    return use_id


@router.post("/jobs/{name}", status_code=202, summary="Ask for a job 后台任务")
async def ask(name: str, body: dict[str, Any], session: Session, _caller: Writer) -> str:
    """In this transaction; the payload ``{"then": "fail"}`` rolls it back."""
    await jobs.enqueue(session, name, body)
    if body.get("then") == "fail":
        raise BrokenToy
    return "asked"


@router.get("/kernel/service", summary="Which service 服务名")
async def which(kernel: Kernel, _caller: Reader) -> str:
    """From the kernel's settings."""
    return kernel.settings.service


async def _make(kernel: KernelState, payload: dict[str, Any]) -> None:
    async with kernel.database.transaction(Scope.everywhere()) as session:
        await _insert(session, ToyIn(name=payload["name"], region="321202000000"))


async def _make_at_third_try(kernel: KernelState, payload: dict[str, Any]) -> None:
    TRIES.append(payload["name"])
    if len(TRIES) < 3:
        raise RuntimeError("not yet")
    await _make(kernel, payload)


async def _make_slowly(kernel: KernelState, payload: dict[str, Any]) -> None:
    STARTED.set()
    await asyncio.sleep(payload["seconds"])
    await _make(kernel, payload)


TRIES: list[str] = []
STARTED = asyncio.Event()
JOBS = {"make": _make, "make-at-third-try": _make_at_third_try, "make-slowly": _make_slowly}
DEFINITION = ServiceDefinition(
    HOME, "Toys", "For tests.", [router], jobs=JOBS, scopes={"toy.toys:read": "read toys 查询玩具"}
)


async def create_tables(running: postgres.Server, database: str) -> None:
    """The toy's tables, in a fresh database."""
    await as_superuser(running, database, TABLES)


async def as_superuser(running: postgres.Server, database: str, script: str) -> None:
    """Run a script with all rights: for what no service can do."""
    url = running.superuser_url(database).replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(script)
    finally:
        await connection.close()


async def cut_connections(running: postgres.Server, database: str) -> None:
    """End every connection to a database, as a restart would."""
    query = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    await as_superuser(running, "postgres", query)


@asynccontextmanager
async def toy_service(settings: Settings) -> AsyncIterator[RunningService]:
    """The toy, running."""
    kernel = KernelState.of(settings, tokens.verifier())
    app = create_app(DEFINITION, settings, kernel=kernel)
    async with app.router.lifespan_context(app):
        yield RunningService(app, kernel)
