"""How long each topic keeps what it carries. Stated in AsyncAPI, and applied wherever topics are made or found
otherwise; why so: docs/decisions/0006-what-topics-keep.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts.base import LISTENERS, TOPICS

DEAD_LETTERS = ".dead-letters"
"""What a topic's twin is called, to which its readers send what they cannot handle."""
_DAY = 86_400_000
_WEEK = 7 * _DAY


@dataclass(frozen=True)
class Retention:
    """Facts are kept for so many days, None: for ever. Of snapshots the newest of each key is kept for ever, and an
    older one at most seven days longer."""

    days: int | None = None
    compacted: bool = False

    def config(self) -> dict[str, str]:
        """The topic's settings on Kafka. Bytes never decide: the days would not hold."""
        kept = -1 if self.days is None else self.days * _DAY
        plain = {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(kept),
            "retention.bytes": "-1",
            # The broker unpacks what a foreign sender compressed: a consumer has no library for most codecs.
            "compression.type": "uncompressed",
        }
        if not self.compacted:
            return plain
        return plain | {"max.compaction.lag.ms": str(_WEEK), "delete.retention.ms": str(_WEEK)}

    def __str__(self) -> str:
        if self.compacted:
            return "newest of each key, for ever 按键压缩,长期保留最新状态"
        return f"{self.days} days 保留{self.days}天" if self.days else "for ever 长期保留"


SNAPSHOT = Retention(compacted=True)
RETENTION: dict[str, Retention] = {
    "registry.seniors": SNAPSHOT,
    "registry.organizations": SNAPSHOT,
    "registry.admissions": SNAPSHOT,
    "registry.workers": SNAPSHOT,  # one event per key, which says all there is to know of it
    "registry.changes": Retention(400),
    "visits.services": Retention(90),  # by far the most; older ones come out of the outbox
    "subsidy.payments": Retention(400),
    "subsidy.applications": Retention(400),
    "credit.subjects": Retention(),  # a listing holds until its end, however long ago it was decided
    "registry.audit": Retention(400),
    "subsidy.audit": Retention(400),
    "visits.audit": Retention(400),
    "credit.audit": Retention(400),
}
"""Of every topic. Only where each event carries the whole state of its key may one be compacted."""
TWINS = Retention(90)
"""Of dead letters; their rows stay in the reader's database."""


def retention_of(topic: str) -> Retention:
    """Of a topic or of its twin."""
    return TWINS if topic.endswith(DEAD_LETTERS) else RETENTION[topic]


def compacted(topic: str) -> bool:
    """Whether the last record of a key is all that will stay, so that it must be the newest."""
    return topic in RETENTION and RETENTION[topic].compacted


def owned(service: str) -> list[str]:
    """The topics that a service sends to."""
    return [topic for topic in TOPICS if topic.startswith(f"{service}.")]


def read_by(service: str) -> list[str]:
    """The topics that a service reads."""
    return [topic for topic, readers in LISTENERS.items() if service in readers]


def every() -> list[str]:
    """Every topic and every twin."""
    return [*TOPICS, *(topic + DEAD_LETTERS for topic in TOPICS)]


def touched(service: str) -> dict[str, str]:
    """What a service may do with which topic: ``read`` or ``write``; nothing with any other. A test holds its handlers
    to it, and the ACLs are made of it."""
    reads = read_by(service)
    writes = [*owned(service), *(topic + DEAD_LETTERS for topic in reads)]
    return dict.fromkeys(reads, "read") | dict.fromkeys(writes, "write")
