"""Who may do what on Kafka: made of the contracts, one login per service, and set as a whole.

A service writes its own topics and the twins of those that it reads, reads what it listens to, and takes part in the
group of its own name. It makes no topic and changes none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.contracts.topics import touched
from shared.events.kafka_protocol import (
    ALLOW,
    LITERAL,
    AclRow,
    Operation,
    Resource,
    acls_of,
    create_acls,
    delete_acls,
)

SERVICES = ("registry", "subsidy", "visits", "credit")
_EVERYWHERE = "*"
_LOOKS, _LOOK_AGAIN = 300, 0.1


class Change(NamedTuple):
    """What a login lacks, and what it has too much."""

    missing: set[AclRow]
    surplus: set[AclRow]


def wanted(service: str, login: str, prefix: str = "") -> set[AclRow]:
    """Every ACL of a service's login."""
    rows = {(Resource.GROUP, prefix + service, Operation.READ)}
    for topic, right in touched(service).items():
        may = Operation.READ if right == "read" else Operation.WRITE
        rows |= {(Resource.TOPIC, prefix + topic, each) for each in (may, Operation.DESCRIBE_CONFIGS)}
    return {
        (int(kind), name, LITERAL, f"User:{login}", _EVERYWHERE, int(operation), ALLOW)
        for kind, name, operation in rows
    }


async def difference(admin: AIOKafkaAdminClient, logins: Mapping[str, str], prefix: str = "") -> dict[str, Change]:
    """What each service's login has too few and too many; ``logins``: by service."""
    found = {}
    for service, login in logins.items():
        there, right = await acls_of(admin, f"User:{login}"), wanted(service, login, prefix)
        found[service] = Change(right - there, there - right)
    return found


async def apply(admin: AIOKafkaAdminClient, logins: Mapping[str, str], prefix: str = "") -> dict[str, Change]:
    """Give each login what it must have and take away what else it has; returns what was changed, when it holds.

    KafkaError where that is refused, or the broker does not follow its controller in time.
    """
    changes = await difference(admin, logins, prefix)
    await create_acls(admin, set().union(*(change.missing for change in changes.values())))
    await delete_acls(admin, set().union(*(change.surplus for change in changes.values())))
    for _ in range(_LOOKS):
        if not any(change.missing or change.surplus for change in (await difference(admin, logins, prefix)).values()):
            return changes
        await asyncio.sleep(_LOOK_AGAIN)
    raise KafkaError("the rights do not hold yet")


def spell(row: AclRow) -> str:
    """An ACL in words."""
    kind, name, _, principal, _, operation, _ = row
    return f"{principal} {_name(Operation, operation)} {_name(Resource, kind)} {name}"


def _name(words: type[Operation] | type[Resource], number: int) -> str:
    return words(number).name if number in set(words) else str(number)
