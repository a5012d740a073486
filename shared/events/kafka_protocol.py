"""Requests of the Kafka protocol that aiokafka has no words for: settings of topics one by one, and ACLs."""

from __future__ import annotations

from copy import copy
from enum import IntEnum
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion, for_code
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int8, Int16, Int32, Schema, String


class Resource(IntEnum):
    """What an ACL is about."""

    TOPIC = 2
    GROUP = 3


class Operation(IntEnum):
    """What an ACL allows. To read or to write is to describe, too."""

    READ = 3
    WRITE = 4
    DESCRIBE_CONFIGS = 10


LITERAL, ALLOW = 3, 3
_ANY = 1
_SET = 0
_DO_IT = False  # validate only: no
_TEXT = String("utf-8")
_ACL = (("principal", _TEXT), ("host", _TEXT), ("operation", Int8), ("permission_type", Int8))
_RESOURCE = (("resource_type", Int8), ("resource_name", _TEXT), ("pattern_type", Int8))
_ERROR = (("error_code", Int16), ("error_message", _TEXT))
_THROTTLE = ("throttle_time_ms", Int32)


class _Request:
    """One version of a request, as a client of aiokafka sends it; ``schema`` and ``answer`` name its fields."""

    def __init__(self, key: int, version: int, schema: Schema, answer: Schema) -> None:
        self._key, self._version = key, version
        said: dict[str, Any] = {"API_KEY": key, "API_VERSION": version}
        answered = type(Response)("Answer", (Response,), said | {"SCHEMA": answer})
        self._struct: Any = type(RequestStruct)(
            "Request", (RequestStruct,), said | {"SCHEMA": schema, "RESPONSE_TYPE": answered}
        )
        self._values: tuple[Any, ...] = ()

    def __call__(self, *values: Any) -> _Request:  # noqa: ANN401  # as its schema says
        """This request with values."""
        filled = copy(self)
        filled._values = values
        return filled

    def prepare(self, versions: dict[int, tuple[int, int]]) -> Any:  # noqa: ANN401  # aiokafka's own way to ask
        """What goes out. IncompatibleBrokerVersion where the broker knows no such version."""
        lowest, highest = versions.get(self._key, (0, -1))
        if not lowest <= self._version <= highest:
            raise IncompatibleBrokerVersion(f"request {self._key} in version {self._version}")
        return self._struct(*self._values)


_CONFIGS = _Request(
    44,
    0,
    Schema(
        (
            "resources",
            Array(
                ("resource_type", Int8),
                ("resource_name", _TEXT),
                ("configs", Array(("name", _TEXT), ("operation", Int8), ("value", _TEXT))),
            ),
        ),
        ("validate_only", Boolean),
    ),
    Schema(_THROTTLE, ("results", Array(*_ERROR, ("resource_type", Int8), ("resource_name", _TEXT)))),
)
_DESCRIBE = _Request(
    29,
    1,
    Schema(*_RESOURCE, *_ACL),
    Schema(_THROTTLE, *_ERROR, ("resources", Array(*_RESOURCE, ("acls", Array(*_ACL))))),
)
_CREATE = _Request(
    30, 1, Schema(("creations", Array(*_RESOURCE, *_ACL))), Schema(_THROTTLE, ("results", Array(*_ERROR)))
)
_DELETE = _Request(
    31,
    1,
    Schema(("filters", Array(*_RESOURCE, *_ACL))),
    Schema(_THROTTLE, ("results", Array(*_ERROR, ("matching", Array(*_ERROR, *_RESOURCE, *_ACL))))),
)
AclRow = tuple[int, str, int, str, str, int, int]
"""Resource, its name, LITERAL; principal, host, operation, ALLOW."""


async def set_configs(admin: AIOKafkaAdminClient, wanted: dict[str, dict[str, str]]) -> None:
    """Set these settings of these topics, and leave every other as it is. KafkaError where that is refused."""
    resources = [
        (int(Resource.TOPIC), topic, [(name, _SET, value) for name, value in settings.items()])
        for topic, settings in wanted.items()
    ]
    answer = await admin._send_to_controller(_CONFIGS(resources, _DO_IT))
    _check(answer.results)


async def acls_of(admin: AIOKafkaAdminClient, principal: str) -> set[AclRow]:
    """Every ACL of a principal. KafkaError where the login may not see them, or the broker has no ACLs."""
    answer = await admin._send_request(_DESCRIBE(_ANY, None, _ANY, principal, None, _ANY, _ANY))
    _check([(answer.error_code, answer.error_message)])
    return {(*resource[:3], *acl) for resource in answer.resources for acl in resource[3]}


async def create_acls(admin: AIOKafkaAdminClient, rows: set[AclRow]) -> None:
    """Grant. KafkaError where that is refused."""
    if rows:
        _check((await admin._send_to_controller(_CREATE(sorted(rows)))).results)


async def delete_acls(admin: AIOKafkaAdminClient, rows: set[AclRow]) -> None:
    """Take away. KafkaError where that is refused."""
    if rows:
        _check((await admin._send_to_controller(_DELETE(sorted(rows)))).results)


def _check(results: Any) -> None:  # noqa: ANN401  # of any answer: a code and a text come first
    for code, message, *_ in results:
        if code:
            raise for_code(code)(message)
