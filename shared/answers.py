"""What every answer's head tells, for the OpenAPI document: quota, version, repeats, where to look, when to return."""

from __future__ import annotations

from typing import Any

from shared.errors import Unauthorized, Unavailable

Json = dict[str, Any]


def _header(description: str, example: str, **schema: Any) -> Json:  # noqa: ANN401  # a schema holds any JSON
    return {"description": description, "schema": {"type": "string", **schema}, "example": example}


HEADERS: dict[str, Json] = {
    "RateLimit": _header("What is left of the quota, and seconds until it grows 剩余配额", '"client";r=5999;t=1'),
    "RateLimit-Policy": _header("The client's quota and its window in seconds 配额", '"client";q=6000;w=60'),
    "Retry-After": {
        "description": "Seconds to wait before the same request is sent again 重试等待秒数",
        "schema": {"type": "integer", "minimum": 0},
        "example": 2,
    },
    "WWW-Authenticate": _header("How to authenticate 认证方式", 'Bearer realm="anxiang"'),
    "ETag": _header(
        "What is shown, of which version; If-Match and If-None-Match take it 实体标签", '"3-1f0c9a5b2d4e6f70"'
    ),
    "Location": _header(
        "Where what was made can be read 资源地址", "/credit/v1/records/019a4c00-0000-7000-8000-000000000001"
    ),
    "Idempotency-Replayed": _header("The first answer, given again 首次应答的重放", "true", enum=["true"]),
    "Content-Language": _header("Language of the texts 语言", "zh-CN"),
    "X-Request-Id": _header(
        "Names this request in our logs 请求编号", "019a4c00-0000-7000-8000-000000000001", format="uuid"
    ),
}
"""Of whichever answer. The gateway adds those of the quota."""
LOCATED: Json = {"headers": {"Location": {"$ref": "#/components/headers/Location"}}}
"""For a route's ``responses={201: LOCATED}``: the answer names where what was made can be read."""
TAGGED: Json = {"headers": {"ETag": {"$ref": "#/components/headers/ETag"}}}
"""For a route whose answer has an entity tag though it shows no version."""


def is_tagged(responses: Json, schemas: Json) -> bool:
    """Whether what is answered has an entity tag."""
    done = [response for status, response in responses.items() if int(status) < 300]
    return "304" in responses or any("ETag" in one.get("headers", {}) or _shows_version(one, schemas) for one in done)


def complete(responses: Json, schemas: Json, *, repeatable: bool) -> None:
    """Add to every answer of an operation the fields of its head that the edge, or the gateway, gives it."""
    tagged = "304" in responses
    for status, response in responses.items():
        names = ["RateLimit", "RateLimit-Policy", "X-Request-Id"]
        if int(status) < 300:
            names += ["Idempotency-Replayed"] if repeatable else []
            names += ["ETag"] if tagged or _shows_version(response, schemas) else []
        names += {
            "304": ["ETag"],
            str(Unauthorized.status): ["WWW-Authenticate"],
            str(Unavailable.status): ["Retry-After"],
            "429": ["Retry-After"],
        }.get(status, [])
        names += ["Content-Language"] if int(status) >= 400 else []
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names} | response.get(
            "headers", {}
        )


def _shows_version(response: Json, schemas: Json) -> bool:
    """Whether what is answered is one thing with a version; that is its entity tag then."""
    reference = response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    return "version" in schemas.get(reference.rpartition("/")[2], {}).get("properties", {})
