"""A file in a request: the part ``file`` of a form, which every generated client can send, or the body itself."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from shared.errors import FieldError, Invalid, UnsupportedMediaType
from shared.text import ShortText

CSV, FORM = "text/csv", "multipart/form-data"
_NAME: TypeAdapter[str] = TypeAdapter(ShortText)


def body_of(title: str, description: str, example: str) -> dict[str, Any]:
    """For a route's ``openapi_extra``: the form and its name. The form alone is documented, since a second kind of body
    makes two methods of one name in some languages."""
    part = {"type": "string", "format": "binary", "description": "CSV 文件"}
    schema = {"title": title, "type": "object", "required": ["file"], "properties": {"file": part}}
    text = f"{description}. A body of `{CSV}` is taken as well 也可直接以 {CSV} 作为请求体"
    content = {FORM: {"schema": schema, "example": {"file": example}}}
    return {"requestBody": {"required": True, "description": text, "content": content}}


async def received(
    request: Request, name: str = "", refusal: type[Invalid] = Invalid, *, bare: bool = False
) -> tuple[str, bytes]:
    """The file's name, ``name`` where the request gives none, and its bytes. ``bare``: whatever is no form is the file.

    Raises:
        UnsupportedMediaType: neither a form nor CSV, and not ``bare``.
        Invalid: as ``refusal``: no part ``file``, or a name that holds what cannot be seen.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == CSV or (bare and kind != FORM):
        return name, await request.body()
    if kind != FORM:
        raise UnsupportedMediaType(f"Send {FORM} or {CSV}.", f"请使用 {FORM} 或 {CSV}。")
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            field = FieldError.of("/file", "missing", "Send the file as the part `file`.", "请以 file 字段上传文件。")
            raise refusal(errors=[field])
        return _named(file.filename or name, refusal), await file.read()


def _named(name: str, refusal: type[Invalid]) -> str:
    try:
        return _NAME.validate_python(name[:100]) if name else name
    except ValidationError:
        field = FieldError.of("/file", "name", "The file's name holds unseen characters.", "文件名含有不可见字符。")
        raise refusal(errors=[field]) from None
