"""Deliveries that others were compared with and no longer are: a job judges those others again."""

from __future__ import annotations

from collections.abc import Sequence

from services.visits.records.domain import Record
from shared.database import Transaction, driver
from shared.jobs import ask

JOB = "visits.judge-neighbours"


async def have_lost(session: Transaction, records: Sequence[Record]) -> None:
    """Ask for it in the caller's transaction: the others may be of districts and vendors that the caller cannot see."""
    if records:
        lost = [[str(record.delivery_id), record.delivery.sequence] for record in records]
        await ask(await driver(session), JOB, {"lost": lost})
