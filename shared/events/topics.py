"""Makes topics, and sees to it that they keep what the contracts say."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from shared.contracts.topics import DEAD_LETTERS, retention_of
from shared.events.kafka_protocol import set_configs
from shared.faults import PlainError

log = structlog.get_logger(__name__)
COMMAND = "python -m shared.events kafka apply"
_DENIED = (TopicAuthorizationFailedError, ClusterAuthorizationFailedError)
_LEADER_LOOKS = 100
_LOOK_AGAIN = 0.1


class Layout(NamedTuple):
    """How topics are made: what stands before their names, how many partitions and replicas each has."""

    prefix: str = ""
    partitions: int = 12
    replication: int = 1


class Cluster(NamedTuple):
    """Which cluster it is, and how many partitions each topic has."""

    id: str
    partitions: dict[str, int]


async def prepare(admin: AIOKafkaAdminClient, topics: Collection[str], layout: Layout) -> Cluster:
    """Make missing topics, and have each keep what its contract says, also one that was made otherwise.

    A login that may not do so is content with topics that are there. KafkaError says what is missing.
    """
    names = {layout.prefix + topic: topic for topic in topics}
    missing = sorted(names.keys() - set(await admin.list_topics()))
    if missing:
        await _make(admin, [_new(name, names[name], layout) for name in missing])
    counts = await _led(admin, names.keys())
    await _settle(admin, await astray(admin, names))
    cluster = await admin.describe_cluster()
    return Cluster(str(cluster["cluster_id"]), {names[name]: count for name, count in counts.items()})


async def astray(admin: AIOKafkaAdminClient, names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Of each topic that keeps something else than its contract says, what is to be set. ``names``: by their names on
    the cluster. What the login may not see is not among them."""
    wanted = {name: retention_of(topic).config() for name, topic in names.items()}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, settings) for name, settings in wanted.items()]
    found: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs(asked):
        for code, _, _, name, entries in answer.resources:
            there = {entry[0]: entry[1] for entry in entries}
            differing = {key: value for key, value in wanted[name].items() if there.get(key) != value}
            if differing and not code:
                found[name] = differing
    return found


async def _settle(admin: AIOKafkaAdminClient, differing: dict[str, dict[str, str]]) -> None:
    if not differing:
        return
    try:
        await set_configs(admin, differing)
    except _DENIED:
        log.warning("topics do not keep what the contracts say", topics=sorted(differing), run=COMMAND)
    else:
        log.info("topics keep what the contracts say now", topics=sorted(differing))


def _new(name: str, topic: str, layout: Layout) -> NewTopic:
    partitions = 1 if topic.endswith(DEAD_LETTERS) else layout.partitions
    return NewTopic(name, partitions, layout.replication, topic_configs=retention_of(topic).config())


class TopicsMissingError(KafkaError, PlainError):  # type: ignore[misc]  # aiokafka is untyped
    """Somebody with the right to make topics has to."""


async def _make(admin: AIOKafkaAdminClient, topics: Sequence[NewTopic]) -> None:
    made = await admin.create_topics(topics)
    for topic, code, *_ in made.topic_errors:
        error: Any = for_code(code)
        if error in _DENIED:
            raise TopicsMissingError(f"{topic} is not there, and this login may not make it: run `{COMMAND}`")
        if code and error is not TopicAlreadyExistsError:  # another service may have been faster
            raise error(topic)


async def _led(admin: AIOKafkaAdminClient, topics: Collection[str]) -> dict[str, int]:
    """How many partitions each topic has, as soon as all have a leader: a group that joins sooner is given none."""
    for _ in range(_LEADER_LOOKS):
        described = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics(list(topics))}
        if all(described.get(topic) and all(p["leader"] >= 0 for p in described[topic]) for topic in topics):
            return {topic: len(partitions) for topic, partitions in described.items()}
        await asyncio.sleep(_LOOK_AGAIN)
    raise KafkaError("some topics have no leader yet")
