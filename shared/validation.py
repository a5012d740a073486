"""What pydantic found wrong, as field errors in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.errors import FieldError

MOST, LONGEST = 50, 300
_BOTH = re.compile(r"([^\u4e00-\u9fff]+) (\S*[\u4e00-\u9fff].*)")  # a validator's "English 中文" in one message
CHINESE = {
    "missing": "缺少必填项",
    "extra_forbidden": "不认识的字段",
    "json_invalid": "不是有效的 JSON",
    "string_type": "应为字符串",
    "string_unicode": "含有无法识别的字符",
    "string_too_short": "长度不足",
    "string_too_long": "超过最大长度",
    "string_pattern_mismatch": "格式不符",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限数字",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "enum": "不在可选范围内",
    "literal_error": "不在可选范围内",
    "greater_than": "数值过小",
    "greater_than_equal": "数值过小",
    "less_than": "数值过大",
    "less_than_equal": "数值过大",
    "date_type": "应为日期(YYYY-MM-DD)",
    "date_parsing": "不是有效的日期(YYYY-MM-DD)",
    "date_from_datetime_parsing": "不是有效的日期(YYYY-MM-DD)",
    "datetime_type": "应为日期时间",
    "datetime_parsing": "不是有效的日期时间(YYYY-MM-DDThh:mm:ss,并带时区)",
    "datetime_from_date_parsing": "不是有效的日期时间",
    "timezone_aware": "时间必须带时区",
    "uuid_type": "应为 UUID",
    "uuid_parsing": "不是有效的 UUID",
    "list_type": "应为数组",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "too_long": "超过最大数量或长度",
    "too_short": "未达最小数量或长度",
    "union_tag_invalid": "类型标识不正确",
    "union_tag_not_found": "缺少类型标识",
    "value_error": "内容不正确",
}


def pointer(location: Sequence[str | int]) -> str:
    """A JSON pointer from pydantic's location; what is not in the body keeps its place's name in front.

    A field's name is the client's: it is cut to a bounded length, and half a surrogate pair becomes a question mark.
    """
    parts = list(location)
    if parts and parts[0] == "body":
        parts = parts[1:]
    whole = "".join("/" + str(part)[:LONGEST].replace("~", "~0").replace("/", "~1") for part in parts)
    return whole[:LONGEST].encode(errors="replace").decode()


def field_errors(errors: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """At most fifty of them, each with pointer, code and both texts. A value is never repeated back."""
    return [_field_error(error) for error, _ in zip(errors, range(MOST), strict=False)]


def _field_error(error: Mapping[str, Any]) -> FieldError:
    code, message = str(error["type"]), str(error["msg"]).removeprefix("Value error, ")
    chinese = error.get("ctx", {}).get("zh") if isinstance(error.get("ctx"), dict) else None
    both = _BOTH.fullmatch(message) if code == "value_error" else None
    if both:
        message, chinese = both.groups()
    return FieldError.of(pointer(error["loc"]), code, message, chinese or CHINESE.get(code, f"内容不正确({code})"))
