"""One tree of errors: each knows its status and its name, and answers as RFC 9457 in Chinese or English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

BASE = "https://anxiang.cn/problems/"
PROBLEM_JSON = "application/problem+json"


class FieldError(BaseModel):
    """One thing wrong in a request, by JSON pointer."""

    pointer: str = Field(description="JSON pointer to the value 出错位置", examples=["/senior_id"])
    code: str = Field(examples=["missing"])
    message: str = Field(description="In the language asked for 按所选语言")
    message_en: str = Field(default="", exclude=True)

    @classmethod
    def of(cls, pointer: str, code: str, en: str, zh: str) -> FieldError:
        """A field error with both texts; the answer shows the one that was asked for."""
        return cls(pointer=pointer, code=code, message=zh, message_en=en)


class ProblemBody(BaseModel):
    """The answer to a request that could not be done (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=[BASE + "not-found"])
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[FieldError] = []


class Problem(Exception):  # noqa: N818  # RFC 9457's own word
    """The root. ``en`` and ``zh`` say what happened and how to mend it."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title_en: ClassVar[str] = "Something went wrong on our side"
    title_zh: ClassVar[str] = "系统内部错误"

    def __init__(self, en: str = "", zh: str = "", errors: Sequence[FieldError] = (), **extra: Any) -> None:  # noqa: ANN401  # extension members of RFC 9457
        super().__init__(en or self.title_en)
        self.en, self.zh, self.errors, self.extra = en or self.title_en, zh or self.title_zh, list(errors), extra

    def body(self, lang: str, instance: str | None = None) -> dict[str, Any]:
        """The problem+json members in one language (``zh`` or ``en``)."""
        zh = lang == "zh"
        errors = [
            {"pointer": e.pointer, "code": e.code, "message": e.message if zh else e.message_en or e.message}
            for e in self.errors
        ]
        body: dict[str, Any] = {
            "type": BASE + self.slug,
            "title": self.title_zh if zh else self.title_en,
            "status": self.status,
            "detail": self.zh if zh else self.en,
        }
        return body | ({"instance": instance} if instance else {}) | ({"errors": errors} if errors else {}) | self.extra


class Malformed(Problem):
    """The request cannot be read."""

    status, slug, title_en, title_zh = 400, "malformed", "The request cannot be read", "请求无法解析"


class Unauthorized(Problem):
    """No valid token."""

    status, slug, title_en, title_zh = 401, "unauthorized", "A valid access token is needed", "需要有效的访问令牌"


class Forbidden(Problem):
    """The token does not allow this."""

    status, slug, title_en, title_zh = 403, "forbidden", "Not allowed for this client", "无权进行此操作"


class NotFound(Problem):
    """Nothing there, or nothing the caller may know of."""

    status, slug, title_en, title_zh = 404, "not-found", "Not found", "未找到"


class MethodNotAllowed(Problem):
    """The path is there, the method is not; Allow says which are."""

    status, slug, title_en, title_zh = 405, "method", "This method is not offered here", "不支持该请求方法"


class Conflict(Problem):
    """The state of the thing does not allow this."""

    status, slug, title_en, title_zh = 409, "conflict", "Conflicts with the present state", "与当前状态冲突"


class PreconditionFailed(Problem):
    """Somebody changed it meanwhile."""

    status, slug, title_en, title_zh = (
        412,
        "stale",
        "It was changed meanwhile; read it again",
        "数据已被他人修改,请重新读取",
    )


class TooLarge(Problem):
    """Over a published limit."""

    status, slug, title_en, title_zh = 413, "too-large", "Larger than the published limit", "超过公布的上限"


class UnsupportedMediaType(Problem):
    """Not a media type this route reads."""

    status, slug, title_en, title_zh = 415, "media-type", "This media type is not read here", "不支持的内容类型"


class Invalid(Problem):
    """Readable, but wrong."""

    status, slug, title_en, title_zh = 422, "invalid", "The request is not valid", "请求内容不正确"


class PreconditionRequired(Problem):
    """If-Match is needed."""

    status, slug, title_en, title_zh = (
        428,
        "if-match-required",
        "Send If-Match with the ETag you read",
        "请携带读取时的 ETag(If-Match)",
    )


class TooManyRequests(Problem):
    """The client's quota is used up; the gateway says so."""

    status, slug, title_en, title_zh = (
        429,
        "rate-limit",
        "Too many requests; wait and repeat",
        "请求过于频繁,请稍后重试",
    )


class Unavailable(Problem):
    """Something we need is not there now."""

    status, slug, title_en, title_zh = 503, "unavailable", "Not available right now; try again", "暂时不可用,请稍后重试"
    seconds: ClassVar[int] = 2
    """After which the same may be sent again: `Retry-After`."""


class TookTooLong(Unavailable):
    """The database was stopped at the time that a request has."""

    slug, title_en, title_zh = (
        "took-too-long",
        "This took too long and was stopped; ask for less, or later",
        "处理时间过长,已停止;请缩小范围或稍后重试",
    )


class StorageFull(Unavailable):
    """A disk is full. Nothing was written; it goes on by itself once there is room."""

    slug, title_en, title_zh = (
        "storage-full",
        "The storage is full: nothing was saved; send the same again later",
        "存储空间已满,内容未保存;请稍后原样重发",
    )
    seconds: ClassVar[int] = 30


def problems(*types: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """For a route's ``responses=``: every error it can raise, with its names."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({t.status for t in types}):
        same = [t for t in types if t.status == status]
        found[status] = {
            "model": ProblemBody,
            "description": "; ".join(f"`{t.slug}` {t.title_en} {t.title_zh}" for t in same),
            "content": {PROBLEM_JSON: {"example": same[0]().body("zh")}},
        }
    return found
