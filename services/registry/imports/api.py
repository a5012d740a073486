"""Routes of imports 导入."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response, status
from fastapi.responses import StreamingResponse

from services.registry import errors
from services.registry.cursors import position
from services.registry.desk import Desk, desk_with
from services.registry.imports import service
from services.registry.imports.domain import CHINESE, COLUMNS
from services.registry.imports.schemas import ImportOut
from shared import uploads
from shared.answers import LOCATED
from shared.api import Kernel, bounded, router
from shared.errors import UnsupportedMediaType, problems
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from shared.paths import public_path
from shared.text import ShortText

imports = router("/v1/imports", "imports 导入")
Reader = Annotated[Desk, desk_with("registry.imports:read")]
Writer = Annotated[Desk, desk_with("registry.imports:write")]
MOST_BYTES = 64 * 1024 * 1024
CSV = "text/csv; charset=utf-8"
EXAMPLE = "姓名,身份证号,区划代码,户籍迁入日期\n张建国,321202194103050025,321202000000,1990-01-01\n"
REJECTS = (
    "row,column,code,说明,message\r\n"
    "5,identity_number,check_digit,身份证号:身份证号校验码不正确,The check digit is wrong\r\n"
)
BODY = uploads.body_of(
    "SeniorsFile", "Columns 列: " + ", ".join(f"{column} {CHINESE[column]}" for column in COLUMNS), EXAMPLE
)


@imports.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Import seniors from a CSV 批量导入老年人",
    responses=problems(errors.UnreadableFile, UnsupportedMediaType) | {202: LOCATED},
    openapi_extra=BODY,
    max_body_size=MOST_BYTES,
)
@bounded(at_once=2)
async def import_seniors(
    request: Request,
    response: Response,
    desk: Writer,
    file_name: Annotated[ShortText, Query(description="Name of the file 文件名")] = "seniors.csv",
    source: Annotated[ShortText, Query(description="Where the data are from 信息来源")] = "批量导入",
    *,
    dry_run: Annotated[bool, Query(description="Judge every row and register nobody 试运行,不登记")] = False,
) -> ImportOut:
    """Takes a file (UTF-8 or GB18030/GBK, at most 64 MiB) and works through it in the background.

    One record is one line, at most 300,000 of them. Sound rows are registered, the others are in the reject file with
    row, column and code. A dry run judges every row as an import would at this moment, and registers nobody.
    """
    name, content = await uploads.received(request, file_name, errors.UnreadableFile)
    accepted = await service.accept(desk, name, source, content, dry_run=dry_run)
    response.headers["location"] = f"{public_path(request)}/{accepted.import_id}"
    return accepted


@imports.get("", summary="List imports 导入任务列表")
async def list_imports(desk: Reader, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Page[ImportOut]:
    """Imports of the caller's regions."""
    return await service.page(desk, position(cursor), limit)


@imports.get("/{import_id}", summary="Follow an import 导入进度", responses=problems(errors.ImportNotFound))
async def read_import(import_id: UUID, desk: Reader) -> ImportOut:
    """How far it is. Read is always done plus rejected."""
    return service.shown(await service.find(desk, import_id))


@imports.get(
    "/{import_id}/rejects",
    summary="Download rejected rows 下载拒绝行",
    response_class=Response,
    responses=problems(errors.ImportNotFound)
    | {
        200: {
            "description": "CSV: row, column, code, 说明, message",
            "content": {"text/csv": {"schema": {"type": "string"}, "example": REJECTS}},
        }
    },
)
@bounded(at_once=2)
async def download_rejects(import_id: UUID, desk: Reader, kernel: Kernel) -> Response:
    """Row, column, code and text of what is wrong, at most five errors of a row; of more than 5,000 rejected rows the
    numbers only. The values themselves are not repeated: they name persons."""
    headers = {"content-disposition": f'attachment; filename="rejects-{import_id}.csv"'}
    await service.find(desk, import_id)
    return StreamingResponse(service.rejects(kernel.database, desk.caller, import_id), media_type=CSV, headers=headers)


@imports.post(
    "/{import_id}/resume",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Resume a failed import 继续导入",
    responses=problems(errors.ImportNotFound, errors.ImportRunning),
)
async def resume_import(import_id: UUID, desk: Writer) -> ImportOut:
    """Goes on after the last block that was written. Nothing is registered twice."""
    return await service.resume(desk, import_id)
