"""A YAML file that remembers where everything stood, so that a refusal can point at the line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError

from services.subsidy.engine.refusals import Place, Refusal
from shared.numbers import DIGITS, decimal, whole

M = TypeVar("M", bound=BaseModel)
Loc = Sequence[int | str]
MOST = 200
"""Things told at once of one file."""
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")


class YamlFile:
    """One parsed text. ``name`` is how refusals call it; ``keep`` what was read for the next reload."""

    def __init__(self, name: str, text: str, *, keep: bool = True) -> None:
        self.name = name
        self._root, self._values = _kept(text) if keep else _parse(text)

    @classmethod
    def read(cls, text: str | None, name: str, refusals: list[Refusal], *, keep: bool = True) -> YamlFile | None:
        """Parse; what is not YAML, or not there, becomes a refusal."""
        if text is None:
            refusals.append(Refusal(Place(name, 1, "-"), "file_missing"))
            return None
        try:
            return cls(name, text, keep=keep)
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            refusals.append(Refusal(Place(name, line, "-"), "not_yaml", {"problem": str(error.problem)}))
            return None
        except ValueError:
            line, day = _impossible_day(text)
            refusals.append(Refusal(Place(name, line, "-"), "no_such_day", {"day": day}))
            return None

    def parse(self, model: type[M], refusals: list[Refusal]) -> M | None:
        """The file as a model, or refusals for everything that does not fit."""
        try:
            return model.model_validate(self._values)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            refusals.extend(self._refusal(model, details) for details in found[:MOST])
            return None

    def refuse(self, refusals: list[Refusal], loc: Loc, code: str, /, **arguments: object) -> None:
        """Note that what stands at ``loc`` is wrong."""
        refusals.append(Refusal(self.place(loc), code, {name: str(value) for name, value in arguments.items()}))

    def place(self, loc: Loc) -> Place:
        """The line of a path of keys; of the nearest parent when the key itself is not written."""
        node, line, keys = self._root, 0, []
        for step in loc:
            keys.append(str(step))
            if not _has(node, step):
                break
            lines = node.lc.data or {}
            line = lines[step][0] if step in lines else line  # a key merged in has no line of its own
            node = node[step]
        return Place(self.name, line + 1, ".".join(keys) or "-")

    def _refusal(self, model: type[BaseModel], details: ErrorDetails) -> Refusal:
        place = self.place(details["loc"])
        match details["type"]:
            case "extra_forbidden":
                return Refusal(place, "unknown_key", {"known": ", ".join(_known(model, details["loc"]))})
            case "missing":
                return Refusal(place, "missing_key")
            case _:
                return Refusal(place, "wrong_value", {"problem": details["msg"]})


class _Constructor(RoundTripConstructor):
    """YAML writes numbers in many ways; here they are written in one."""

    def number(self, node: Any) -> Any:  # noqa: ANN401  # as above
        """An int or a float that ``shared.numbers`` reads."""
        try:
            return whole(node.value) if node.tag.endswith(":int") else float(decimal(node.value))
        except ValueError:
            problem = f"a number has at most {DIGITS} digits before and after the point, and no exponent"
            raise ConstructorError(None, None, problem, node.start_mark) from None


for _kind in ("int", "float"):
    _Constructor.add_constructor(f"tag:yaml.org,2002:{_kind}", _Constructor.number)


def _parse(text: str) -> tuple[Any, Any]:
    """The words with their lines, and the plain values."""
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    try:
        root = yaml.load(text)
    except (AttributeError, LookupError, TypeError) as error:  # ruamel's own, for a tag that its value does not fit
        raise ConstructorError(None, None, f"a value does not fit its tag ({type(error).__name__})") from None
    return root, _plain(root)


@lru_cache(maxsize=1024)
def _kept(text: str) -> tuple[Any, Any]:
    """The same, remembered: most files of a reload are as they were."""
    return _parse(text)


def _impossible_day(text: str) -> tuple[int, str]:
    """Where a date is written that no calendar has: line and words."""
    for number, line in enumerate(text.splitlines(), start=1):
        for words in _DATE.findall(line):
            try:
                date.fromisoformat(words)
            except ValueError:
                return number, words
    return 1, "-"


def _has(node: Any, step: int | str) -> bool:  # noqa: ANN401  # YAML is any shape until checked
    if isinstance(node, CommentedMap):
        return step in node
    return isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node)


def _plain(node: Any) -> Any:  # noqa: ANN401  # YAML is any shape until checked
    if isinstance(node, dict):
        return {_plain(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if isinstance(node, float):
        return Decimal(str(node))
    if isinstance(node, bool | datetime | date) or node is None:
        return node
    return int(node) if isinstance(node, int) else str(node)


def _known(model: type[BaseModel], loc: Loc) -> list[str]:
    """The keys allowed beside the unknown one: walk the model along the path."""
    for step in loc[:-1]:
        field = model.model_fields.get(str(step))
        inner = _inner(field.annotation) if field else None
        model = inner or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _inner(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401  # a type expression
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_inner(part) for part in getattr(annotation, "__args__", ()))
    return next((part for part in found if part), None)
