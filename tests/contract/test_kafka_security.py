"""Kafka with TLS, logins and rights: each service can do what it must and nothing else, and nobody else anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import GroupAuthorizationFailedError, GroupCoordinatorNotAvailableError, KafkaError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.produce import ProduceRequest

from deploy.local import kafka
from shared.contracts.topics import every, touched
from shared.events import acls, kafka_protocol
from shared.events.__main__ import main
from shared.events.security import Security
from shared.events.topics import Layout, prepare
from tests.contract import fuzz
from tests.contract.worlds import HANDLERS, World, until, verified

ALLOWED, TOPIC_DENIED, CLUSTER_DENIED = 0, 29, 31
NOT_LED = {3, 5, 6}
"""What a broker says of a topic that was just made."""
SERVICES = pytest.mark.parametrize("service", acls.SERVICES)


@pytest.fixture(scope="module")
def secure(request: pytest.FixtureRequest) -> Iterator[kafka.Broker]:
    """A node that asks everybody who they are."""
    if kafka.secured():
        yield request.getfixturevalue("broker")
        return
    with TemporaryDirectory(prefix="anxiang-kafka-") as folder:
        running = kafka.start(Path(folder), secured=True)
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture
async def open_admin(secure: kafka.Broker) -> AsyncIterator[Callable[[str], Any]]:
    """``await open_admin("visits")``: an admin client with that login."""
    opened: list[Any] = []

    async def open_one(login: str) -> Any:
        admin: Any = AIOKafkaAdminClient(**secure.clients(login))
        opened.append(admin)
        await admin.start()
        return admin

    yield open_one
    for admin in opened:
        await admin.close()


@pytest.fixture
async def granted(open_admin: Any) -> Any:
    """An operator's client, after every topic and every right was set."""
    admin = await open_admin("operator")
    await prepare(admin, every(), Layout())
    await acls.apply(admin, {service: service for service in acls.SERVICES})
    return admin


async def _answers(secure: kafka.Broker, login: str, request: Any) -> dict[str, int]:
    """What the broker says to a request about many topics, by topic, as soon as each has its leader."""
    client: Any = AIOKafkaClient(**secure.clients(login))
    await client.bootstrap()
    told: dict[str, int] = {}

    async def all_led() -> bool:
        answer = await client.send(client.get_random_node(), request)
        told.update({topic: partition[1] for topic, [partition] in answer.topics})
        return not set(told.values()) & NOT_LED

    try:
        await until(all_led, 60)
    finally:
        await client.close()
    return told


def _write_everywhere() -> ProduceRequest:
    """A good record for every topic and twin."""
    raw = fuzz.batch([fuzz.records(1, 1)[0]._replace(key=b"k", timestamp=1_790_000_000_000)])
    wanted = [(topic, [(0, raw)]) for topic in every()]
    return ProduceRequest(required_acks=-1, timeout=30_000, topics=wanted, transactional_id=None)


def _read_everywhere() -> FetchRequest:
    wanted = [(topic, [(0, 0, 1)]) for topic in every()]
    return FetchRequest(max_wait_time=1, min_bytes=0, max_bytes=1000, isolation_level=0, topics=wanted)


@SERVICES
@pytest.mark.usefixtures("granted")
async def test_a_service_writes_and_reads_what_its_contracts_say_and_nothing_else(
    secure: kafka.Broker, service: str
) -> None:
    mine = touched(service)
    assert set(mine.values()) == {"read", "write"}
    for right, request in (("write", _write_everywhere()), ("read", _read_everywhere())):
        told = await _answers(secure, service, request)
        assert told.keys() == set(every())
        wanted = {topic: ALLOWED if mine.get(topic) == right else TOPIC_DENIED for topic in every()}
        assert told == wanted, right


@SERVICES
@pytest.mark.usefixtures("granted")
async def test_a_service_takes_part_in_its_own_group_and_sees_no_other(open_admin: Any, service: str) -> None:
    admin = await open_admin(service)
    for group in acls.SERVICES:
        if group == service:

            async def coordinated(group: str = group) -> bool:
                with suppress(GroupCoordinatorNotAvailableError):
                    return await admin.list_consumer_group_offsets(group) is not None
                return False

            await until(coordinated, 60)
        else:
            with pytest.raises(GroupAuthorizationFailedError):
                await admin.list_consumer_group_offsets(group)


@SERVICES
@pytest.mark.usefixtures("granted")
async def test_a_service_makes_changes_and_grants_nothing(open_admin: Any, service: str) -> None:
    admin = await open_admin(service)
    assert set(await admin.list_topics()) == set(touched(service))
    made = await admin.create_topics([NewTopic(f"{service}.more", 1, 1)])
    gone = await admin.delete_topics(list(touched(service)))
    assert {code for _, code, *_ in made.topic_errors} <= {TOPIC_DENIED, CLUSTER_DENIED}
    assert {code for _, code, *_ in gone.topic_error_codes} == {TOPIC_DENIED}
    for forbidden in (
        kafka_protocol.set_configs(admin, {f"{service}.audit": {"retention.ms": "1"}}),
        kafka_protocol.acls_of(admin, f"User:{service}"),
        kafka_protocol.create_acls(admin, acls.wanted("credit", service)),
        kafka_protocol.delete_acls(admin, acls.wanted("credit", "credit")),
    ):
        with pytest.raises(KafkaError, match="AuthorizationFailed"):
            await forbidden


def _strangers(secure: kafka.Broker) -> dict[str, Security]:
    assert secure.secrets
    known = secure.secrets.security("visits")
    return {
        "in plain text": Security(),
        "with another password": replace(known, password="x" * 32),
        "with a login that nobody has": replace(known, username="statistics"),
        "with another login's password": replace(known, username="credit"),
        "by a mechanism that its login has not": replace(known, mechanism="PLAIN"),
        "to a broker that it cannot know": replace(known, ca_file=""),
    }


@pytest.mark.parametrize("how", [
    "in plain text", "with another password", "with a login that nobody has", "with another login's password",
    "by a mechanism that its login has not", "to a broker that it cannot know",
])  # fmt: skip
async def test_nobody_else_gets_in(secure: kafka.Broker, how: str) -> None:
    options = _strangers(secure)[how].options
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=secure.bootstrap, request_timeout_ms=5000, **options)
    with pytest.raises(KafkaError):
        await admin.start()
    await admin.close()


async def test_a_login_by_plain_over_tls_gets_in_as_well(open_admin: Any) -> None:
    assert (await (await open_admin("broker")).describe_cluster())["cluster_id"]


async def test_the_command_finds_what_differs_and_sets_it(
    secure: kafka.Broker, granted: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert secure.secrets
    for name, value in secure.secrets.environment("operator").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ANXIANG_KAFKA_BOOTSTRAP_SERVERS", secure.bootstrap)

    async def run(action: str) -> tuple[int, str]:
        status = await asyncio.to_thread(main, ["kafka", action])
        return status, capsys.readouterr().out

    assert await run("check") == (0, "Everything is as the contracts say.\n")
    wanted = acls.wanted("visits", "visits")
    taken = next(row for row in sorted(wanted) if row[1] == "visits.services")
    given = next(row for row in sorted(acls.wanted("credit", "visits")) if row[1] == "subsidy.payments")
    await kafka_protocol.delete_acls(granted, {taken})
    await kafka_protocol.create_acls(granted, {given})
    await kafka_protocol.set_configs(granted, {"registry.seniors": {"cleanup.policy": "delete"}})
    await granted.delete_topics(["credit.audit"])
    told = (
        f"{acls.spell(taken)} is missing", f"{acls.spell(given)} is too much", "topic credit.audit is missing",
        "topic registry.seniors cleanup.policy=compact",
    )  # fmt: skip

    async def found() -> bool:
        status, said = await run("check")
        return status == 1 and sorted(said.splitlines()) == sorted(f"{line}: differs" for line in told)

    await until(found, 60)
    status, said = await run("apply")
    lines = [line for line in said.splitlines() if line.endswith(": was set")]  # a log may stand beside them
    assert (status, sorted(lines)) == (0, sorted(f"{line}: was set" for line in told))
    assert await run("check") == (0, "Everything is as the contracts say.\n")


async def test_services_with_their_own_logins_tell_each_other_and_set_dead_letters_aside(
    postgres: Any, database_name: str, secure: kafka.Broker
) -> None:
    world = World(postgres, database_name, secure)
    await world.prepare("visits", "subsidy")
    try:
        sending = await world.start("visits")
        receiving = await world.start("subsidy", HANDLERS)
        sender = world.open("visits")
        await world.send(sender, verified(meals=7))

        async def told() -> bool:
            return [row[3] for row in await world.book("subsidy")] == [7]

        await until(told, 60)
        assert sending.healthy() == receiving.healthy() == {"relay": True, "consumer": True}
    finally:
        await world.close()


async def test_a_service_whose_topics_are_missing_says_what_to_do_and_starts_when_it_was_done(
    postgres: Any, database_name: str, secure: kafka.Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    world = World(postgres, database_name, secure)
    granting, world.grant = world.grant, _nothing  # type: ignore[method-assign]  # operators are late
    await world.prepare("visits")
    try:
        runtime = await world.start("visits")
        assert runtime.healthy() == {"relay": False, "consumer": False}
        assert "python -m shared.events kafka apply" in "".join(capfd.readouterr())
        await granting()

        async def joined() -> bool:
            return all(runtime.healthy().values())

        await until(joined, 60)
    finally:
        await world.close()


async def _nothing() -> None:
    pass
