"""Whether a schema may replace a published one under the same version.

Old events must still be readable (they are replayed), and new events must be readable by services that have not been
updated yet. So only optional fields may come; texts and examples may change; everything else is a new version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_TEXTS = {"title", "description", "examples", "$schema", "$id", "$defs", "x-known-values", "x-classification"}


def breaks(published: dict[str, Any], proposed: dict[str, Any]) -> list[str]:
    """What would break, one sentence each; empty when the change is allowed."""
    return list(_compare(inlined(published), inlined(proposed), "the event"))


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without references, every part in its place."""
    whole: dict[str, Any] = _inline(schema, schema)
    return whole


def _inline(node: Any, root: dict[str, Any]) -> Any:  # noqa: ANN401  # any JSON value
    """The schema with every local reference replaced by what it names, so that moving a definition changes nothing."""
    if isinstance(node, list):
        return [_inline(item, root) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        named = root["$defs"][node["$ref"].removeprefix("#/$defs/")]
        return _inline(named | {k: v for k, v in node.items() if k != "$ref"}, root)
    return {key: _inline(value, root) for key, value in node.items() if key != "$defs"}


def _compare(old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[str]:
    yield from _fields(old, new, where)
    for word in sorted((old.keys() | new.keys()) - _TEXTS - {"properties", "required"}):
        before, after = old.get(word), new.get(word)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _compare(before, after, f"{where}[]" if word == "items" else where)
        elif word == "anyOf" and before is not None and after is not None and len(before) == len(after):
            for one, other in zip(before, after, strict=True):
                yield from _compare(one, other, where)
        elif before != after:
            yield f"{where}: {word} was {before!r} and would be {after!r}"


def _fields(old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed_before, needed_after = set(old.get("required", [])), set(new.get("required", []))
    for name in before:
        if name not in after:
            yield f"{where}: the field {name} would be gone"
        else:
            yield from _compare(before[name], after[name], f"{where}.{name}")
    for name in sorted(needed_after - needed_before):
        yield f"{where}: the field {name} would be required"
    for name in sorted((needed_before - needed_after) & after.keys()):
        yield f"{where}: the field {name} would no longer always be there"
