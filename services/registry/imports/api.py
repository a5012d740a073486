"""Routes of imports 导入."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response, status
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from services.registry import errors
from services.registry.cursors import position
from services.registry.desk import Desk, desk_with
from services.registry.imports import service
from services.registry.imports.domain import CHINESE, COLUMNS
from services.registry.imports.schemas import ImportOut
from shared.api import Kernel, bounded, router
from shared.errors import FieldError, UnsupportedMediaType, problems
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from shared.paths import public_path
from shared.text import ShortText

imports = router("/v1/imports", "imports 导入")
Reader = Annotated[Desk, desk_with("registry.imports:read")]
Writer = Annotated[Desk, desk_with("registry.imports:write")]
MOST_BYTES = 64 * 1024 * 1024
CSV = "text/csv; charset=utf-8"
NAME: TypeAdapter[str] = TypeAdapter(ShortText)
EXAMPLE = "姓名,身份证号,区划代码,户籍迁入日期\n张建国,321202194103050025,321202000000,1990-01-01\n"
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Columns 列: " + ", ".join(f"{column} {CHINESE[column]}" for column in COLUMNS),
        "content": {
            "text/csv": {"schema": {"type": "string", "maxLength": MOST_BYTES}, "example": EXAMPLE},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "CSV 文件"}},
                }
            },
        },
    }
}


@imports.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Import seniors from a CSV 批量导入老年人",
    responses=problems(errors.UnreadableFile, UnsupportedMediaType),
    openapi_extra=BODY,
    max_body_size=MOST_BYTES,
)
@bounded(at_once=2)
async def accept(
    request: Request,
    response: Response,
    desk: Writer,
    file_name: Annotated[ShortText, Query(description="Name of the file 文件名")] = "seniors.csv",
    source: Annotated[ShortText, Query(description="Where the data are from 信息来源")] = "批量导入",
) -> ImportOut:
    """Takes a file (UTF-8 or GB18030/GBK, at most 64 MiB) and works through it in the background.

    One record is one line. Sound rows are registered, the others are in the reject file with row, column and code.
    """
    name, content = await _content(request, file_name)
    accepted = await service.accept(desk, name, source, content)
    response.headers["location"] = f"{public_path(request)}/{accepted.import_id}"
    return accepted


@imports.get("", summary="List imports 导入任务列表")
async def page(desk: Reader, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Page[ImportOut]:
    """Imports of the caller's regions."""
    return await service.page(desk, position(cursor), limit)


@imports.get("/{import_id}", summary="Follow an import 导入进度", responses=problems(errors.ImportNotFound))
async def read(import_id: UUID, desk: Reader) -> ImportOut:
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
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
)
@bounded(at_once=2)
async def rejects(import_id: UUID, desk: Reader, kernel: Kernel) -> Response:
    """Row, column, code and text of everything wrong. The values themselves are not repeated: they name persons."""
    headers = {"content-disposition": f'attachment; filename="rejects-{import_id}.csv"'}
    await service.find(desk, import_id)
    return StreamingResponse(service.rejects(kernel.database, desk.caller, import_id), media_type=CSV, headers=headers)


@imports.post(
    "/{import_id}/resume",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Resume a failed import 继续导入",
    responses=problems(errors.ImportNotFound, errors.ImportRunning),
)
async def resume(import_id: UUID, desk: Writer) -> ImportOut:
    """Goes on after the last block that was written. Nothing is registered twice."""
    return await service.resume(desk, import_id)


async def _content(request: Request, file_name: str) -> tuple[str, bytes]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/csv":
        return file_name, await request.body()
    if kind != "multipart/form-data":
        raise UnsupportedMediaType("Send text/csv or multipart/form-data.", "请使用 text/csv 或 multipart/form-data。")
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            field = FieldError.of("/file", "missing", "Send the CSV as the part `file`.", "请以 file 字段上传文件。")
            raise errors.UnreadableFile(errors=[field])
        return _named(file.filename or file_name), await file.read()


def _named(name: str) -> str:
    """The name that a form gives its file; UnreadableFile (422) when it holds what cannot be seen."""
    try:
        return NAME.validate_python(name[:100])
    except ValidationError:
        field = FieldError.of("/file", "name", "The file's name holds unseen characters.", "文件名含有不可见字符。")
        raise errors.UnreadableFile(errors=[field]) from None
