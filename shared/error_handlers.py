"""One handler for every error: problem+json in the language asked for, never a stack trace."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Match

from shared import faults
from shared import headers as headers_of
from shared.errors import (
    BASE,
    PROBLEM_JSON,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    StorageFull,
    TookTooLong,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from shared.language import language_of
from shared.paths import public_path
from shared.trail import Trail
from shared.validation import field_errors

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ErrorHandler = Callable[[Request, Exception], Awaitable[Response]]
log = structlog.get_logger("anxiang.errors")


BY_STATUS: dict[int, type[Problem]] = {
    400: Malformed,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedMediaType,
    422: Invalid,
    503: Unavailable,
}
# 22000 is asyncpg's own word for a value that does not fit the parameter's type.
BAD_VALUE = {"22000", "22021", "22P05", "22003", "22007", "22008", "22P02", "22001", "22023"}
REPEAT = {"40001", "40P01", "55P03"}
TAKEN, TOO_LONG = "23505", "57014"
# Connections, resources (memory, connections, space for sorting), shutdown, and what the server cannot read or write.
GONE = ("08", "25P03", "53", "57P01", "57P02", "57P03", "58")


def answer(problem: Problem, request: Request, headers: dict[str, str] | None = None) -> Response:
    """A problem as an HTTP answer."""
    lang = language_of(request)
    language = {"content-language": "zh-CN" if lang == "zh" else "en", "vary": "Accept-Language"}
    extra = headers_of.SAFE | {headers_of.REQUEST_ID: headers_of.identify(request.scope)} | language
    if problem.status == 401:
        extra["www-authenticate"] = 'Bearer realm="anxiang"'
    if problem.status == 429:
        extra["retry-after"] = str(problem.extra["seconds"])
    if isinstance(problem, Unavailable):
        extra["retry-after"] = str(problem.seconds)
    # json and not orjson: half a surrogate pair in a path or a field's name must not make an answer fail
    body = json.dumps(problem.body(lang, public_path(request)), ensure_ascii=False).encode(errors="replace")
    return Response(body, problem.status, (headers or {}) | extra, media_type=PROBLEM_JSON)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  # registered for this type only
    return answer(error, request)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this type only
    kind = BY_STATUS.get(error.status_code, Malformed)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if kind is MethodNotAllowed:
        headers["allow"] = _offered(request) or "GET, HEAD"  # a folder of files is no route
    return answer(kind(), request, headers)


def _offered(request: Request) -> str:
    """Every method of this path; a route by itself knows only its own."""
    scopes = {method: {**request.scope, "method": method} for method in METHODS}
    routes = request.app.router.routes
    found = {m for m, scope in scopes.items() if any(r.matches(scope)[0] is Match.FULL for r in routes)}
    return ", ".join(m for m in METHODS if m in found or (m == "HEAD" and "GET" in found))


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this type only
    found: list[FieldError] = field_errors(error.errors())
    if found and found[0].code == "json_invalid":
        return answer(Malformed("The body is not JSON.", "请求正文不是有效的 JSON。", found), request)
    return answer(Invalid("Some values are not valid.", "部分内容不正确。", found), request)


async def _database(request: Request, error: Exception) -> Response:
    cause, state = faults.root(error), faults.state(error)
    if faults.lacks_room(error):
        return _full(request)
    told = _told(state, str(cause))
    if told:
        return answer(told, request)
    if state == TOO_LONG:
        log.warning("a statement took too long", route=getattr(request.scope.get("route"), "path", "none"))
        return answer(TookTooLong(), request)
    if state.startswith(GONE) or _is_gone(error, cause):
        log.warning("database not available", sqlstate=state)
        return answer(Unavailable(), request)
    return await _unexpected(request, error)


def _told(state: str, text: str) -> Problem | None:
    """What PostgreSQL's state means to the caller: a value that slipped past the request's shape, something that no
    query of the caller could see (another region's id, a race that was lost), or a race that may be repeated."""
    if state in BAD_VALUE:
        return Invalid("A value cannot be stored.", "存在无法保存的值。")
    if state == "42501" and "row-level security" in text:
        return Forbidden("This lies outside of what your token allows.", "超出访问令牌允许的范围。")
    if state == TAKEN:
        return Conflict("This is there already.", "已存在,不能重复。")
    if state in REPEAT:
        return Unavailable("Another change was under way; try again.", "与其他操作冲突,请重试。")
    return None


def _is_gone(error: Exception, cause: BaseException) -> bool:
    """Whether the connection broke, whatever asyncpg was doing with it at that moment."""
    if isinstance(error, OperationalError | PoolTimeout) or getattr(error, "connection_invalidated", False):
        return True
    return isinstance(cause, asyncpg.InterfaceError | asyncpg.InternalClientError)


def _full(request: Request) -> Response:
    if kernel := getattr(request.app.state, "kernel", None):
        kernel.database.room.lacked()
    log.error("a disk is full", route=getattr(request.scope.get("route"), "path", "none"))
    return answer(StorageFull(), request)


async def _unexpected(request: Request, error: Exception) -> Response:
    if faults.lacks_room(error):
        return _full(request)
    if isinstance(error, OSError):
        return answer(Unavailable(), request)
    log.error("unexpected error", route=getattr(request.scope.get("route"), "path", "none"), **faults.facts(error))
    return answer(Problem(), request)


def _remembered(handler: ErrorHandler) -> ErrorHandler:
    """The same handler; what it answers is a refusal, which leaves an audit entry where its route leaves any."""

    async def remembered(request: Request, error: Exception) -> Response:
        with headers_of.named(request.scope):
            response = await handler(request, error)
        trail: Trail | None = getattr(request.state, "trail", None)
        if trail is not None:
            slug = json.loads(bytes(response.body))["type"].removeprefix(BASE)
            await trail.refused(request, response.status_code, slug)
        return response

    return remembered


def install(app: FastAPI) -> None:
    """Register them all."""
    handlers: dict[Any, Any] = {
        Problem: _problem,
        HTTPException: _http,
        RequestValidationError: _validation,
        DBAPIError: _database,
        PoolTimeout: _database,
        asyncpg.PostgresError: _database,  # COPY and the outbox speak to the driver directly
        asyncpg.InterfaceError: _database,
        asyncpg.InternalClientError: _database,
        OSError: _unexpected,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, _remembered(handler))
