"""The gateway's own refusals as problem+json, in the words of the services' errors."""

from typing import Any

from shared.errors import (
    PROBLEM_JSON,
    Forbidden,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from shared.headers import SAFE


class BadGateway(Problem):
    """A service gave no proper answer."""

    status, slug, title_en, title_zh = 502, "bad-gateway", "The service gave no proper answer", "服务未返回有效应答"


class GatewayTimeout(Problem):
    """A service took too long."""

    status, slug, title_en, title_zh = 504, "timeout", "The service took too long to answer", "服务响应超时"


OWN = (
    *(Malformed, Unauthorized, Forbidden, NotFound, MethodNotAllowed, TooLarge, TooManyRequests),
    *(BadGateway, Unavailable, GatewayTimeout),
)
ENGLISH_HEADER = "x-anxiang-english"
"""Says whether the request likes English better than Chinese; a filter reads the weights."""
FIELDS = {
    MethodNotAllowed: {"allow": "GET, HEAD"},  # of what the gateway answers itself
    Unauthorized: {"www-authenticate": 'Bearer realm="anxiang"'},
    Unavailable: {"retry-after": "2"},
}


def local_replies() -> dict[str, Any]:
    """Envoy's `local_reply_config`: English for whoever asks for it first, Chinese for everybody else."""
    return {"mappers": [_mapper(kind, language) for kind in OWN for language in ("en", "zh")]}


def _mapper(kind: type[Problem], language: str) -> dict[str, Any]:
    fields = {
        **SAFE,  # also of what is refused before any filter sees it
        "content-language": "zh-CN" if language == "zh" else "en",
        "vary": "Accept-Language",
        **FIELDS.get(kind, {}),
    }
    return {
        "filter": _english(_status(kind)) if language == "en" else _status(kind),
        "body_format_override": {
            "json_format": {**kind().body(language), "instance": "%PATH(NQ:ORIG_OR_PATH)%"},
            "content_type": PROBLEM_JSON,
        },
        "headers_to_add": [_header(name, value) for name, value in fields.items()],
    }


def _status(kind: type[Problem]) -> dict[str, Any]:
    value = {"default_value": kind.status, "runtime_key": "none"}
    return {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}


def _english(status: dict[str, Any]) -> dict[str, Any]:
    prefers = {"name": ENGLISH_HEADER, "string_match": {"exact": "true"}}
    return {"and_filter": {"filters": [status, {"header_filter": {"header": prefers}}]}}


def _header(name: str, value: str) -> dict[str, Any]:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
