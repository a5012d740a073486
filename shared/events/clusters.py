"""``python -m shared.events kafka apply|check``: topics, what they keep, and who may do what, as the contracts say.

Run it with a login that may do all that: ``ANXIANG_KAFKA_BOOTSTRAP_SERVERS``, ``ANXIANG_KAFKA_SECURITY``,
``ANXIANG_KAFKA_USERNAME`` and ``ANXIANG_KAFKA_PASSWORD`` (docs/settings.md) are the operator's then, not a service's.
Without a login there are no rights to give: topics only.
"""

from __future__ import annotations

import argparse
import sys

from aiokafka.admin import AIOKafkaAdminClient

from shared.contracts.topics import every
from shared.events import acls, topics
from shared.events.security import Security
from shared.settings import Settings


def add_parser(areas: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's options."""
    parser = areas.add_parser("kafka", help="topics and rights 主题与权限")
    parser.add_argument("action", choices=["apply", "check"], help="check: change nothing, 1 where something differs")
    parser.add_argument(
        "--login",
        action="append",
        default=[],
        metavar="SERVICE=NAME",
        help="a login that is not called like its service",
    )
    parser.set_defaults(run=run)


async def run(chosen: argparse.Namespace) -> int:
    """Apply or check; 0 when everything is as the contracts say."""
    settings = Settings(service="operator", database_url="postgresql+asyncpg://nobody@localhost/none")
    security = Security.of(settings)
    logins = {service: service for service in acls.SERVICES} | dict(each.split("=", 1) for each in chosen.login)
    layout = topics.Layout("", settings.kafka_partitions, settings.kafka_replication)
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers, **security.options)
    try:
        await admin.start()
        differing = await _topics(admin, layout, apply=chosen.action == "apply")
        if security.username:
            act = acls.apply if chosen.action == "apply" else acls.difference
            differing += [line for change in (await act(admin, logins)).values() for line in _lines(change)]
    finally:
        await admin.close()
    done = "was set" if chosen.action == "apply" else "differs"
    said = "\n".join(f"{line}: {done}" for line in differing) or "Everything is as the contracts say."
    sys.stdout.write(f"{said}\n")
    return 1 if differing and chosen.action == "check" else 0


async def _topics(admin: AIOKafkaAdminClient, layout: topics.Layout, *, apply: bool) -> list[str]:
    """Topics that are missing, or keep something else."""
    names, there = {layout.prefix + topic: topic for topic in every()}, set(await admin.list_topics())
    missing = sorted(names.keys() - there)
    astray = await topics.astray(admin, {name: topic for name, topic in names.items() if name in there})
    if apply:
        await topics.prepare(admin, every(), layout)
    return [f"topic {name} is missing" for name in missing] + [
        f"topic {name} {key}={value}"
        for name, wanted in sorted(astray.items())
        for key, value in sorted(wanted.items())
    ]


def _lines(change: acls.Change) -> list[str]:
    lacking = [f"{acls.spell(row)} is missing" for row in sorted(change.missing)]
    return lacking + [f"{acls.spell(row)} is too much" for row in sorted(change.surplus)]
