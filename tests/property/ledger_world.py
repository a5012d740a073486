"""A small place whose money moves by the services' own use cases on a real database; the facts of it are made up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy import packs
from services.subsidy.engine import POLICIES, Packs
from services.subsidy.errors import MoreThanOwed, NothingToPay, SecondPersonNeeded, WrongState
from services.subsidy.payments import service as payments
from services.subsidy.payments.preparation import LookedUp, fill
from services.subsidy.payments.schemas import BatchIn, FindingIn
from services.subsidy.recoveries import service as recoveries
from services.subsidy.recoveries.schemas import EntryIn
from shared.auth import Caller
from shared.clock import Month
from shared.contracts.base import Event
from shared.crypto import Keyring
from shared.database import Database, Scope
from shared.ids import new_id
from shared.money import to_yuan
from shared.tables import ensure_month
from tests.integration.subsidy.town import (
    REGION,
    SAMPLE,
    STREET,
    admission,
    delisted,
    institution,
    listed,
    senior,
    tell,
)
from tests.property.ledger_model import Account, Line

MONTHS = (Month(2026, 9), Month(2026, 10))
CLERK, SECOND = (Caller("office", name, None, frozenset(), ("321202",)) for name in ("clerk", "second"))
KEYRING = Keyring({1: bytes(32)}, 1, bytes(32))
_SUMS = """
SELECT a.id, coalesce(sum(amount_fen) FILTER (WHERE kind = 'decided'), 0)::bigint,
    coalesce(sum(amount_fen) FILTER (WHERE kind IN ('sent', 'arrived', 'offset_in')), 0)::bigint
        - coalesce(sum(amount_fen) FILTER (WHERE kind = 'returned'), 0)::bigint,
    coalesce(sum(amount_fen) FILTER (WHERE kind IN ('repaid', 'offset_out')), 0)::bigint,
    coalesce(sum(amount_fen) FILTER (WHERE kind = 'waived'), 0)::bigint
        - coalesce(sum(amount_fen) FILTER (WHERE kind = 'waiver_withdrawn'), 0)::bigint,
    (SELECT coalesce(sum(balance_fen), 0) FROM recovery_balances(ARRAY[a.id]))::bigint,
    a.senior_id, a.beneficiary_kind, a.month
FROM accounts a JOIN ledger l ON l.account_id = a.id WHERE a.senior_id = ANY (:people) GROUP BY a.id
"""
_LINE = """
INSERT INTO lines (id, run_id, scope, month, region, programme, beneficiary_kind, beneficiary_id, senior_id, sequence,
    kind, amount_fen, outcome, reason, pack_hash, corrects_line_id)
VALUES (:id, :run_id, 0, :month, :region, :programme, :kind_of, :beneficiary, :senior, :sequence, :kind, :fen, 'paid',
    'facts_changed', :pack, :corrects)
"""


@dataclass
class World:
    """Two people, one of them in a home."""

    database: Database
    pack: str
    people: list[UUID] = field(default_factory=lambda: [new_id(), new_id()])
    home: UUID = field(default_factory=new_id)
    stay: UUID = field(default_factory=new_id)
    versions: dict[str, int] = field(default_factory=dict)
    decision: Any = None
    lines: dict[Account, list[UUID]] = field(default_factory=dict)

    @classmethod
    async def prepare(cls, database: Database) -> str:
        """The law and the months, once for all worlds; the hash of the law."""
        pack = Packs.load(POLICIES, overrides=[SAMPLE]).for_region("321202")
        async with database.transaction(Scope.everywhere()) as session:
            await packs.remember(session, pack)
            for month in MONTHS:
                for table in ("lines", "payment_items"):
                    await ensure_month(session, table, month)
        return pack.hash

    async def hear(self, *events: Event) -> None:
        """What other services say."""
        await tell(self.database, *events)

    async def settle_in(self) -> None:
        """Everybody is there."""
        await self.person(0, dead=False, older=False)
        await self.person(1, dead=False, older=False)
        await self.hear(institution(self.home), admission(self.people[0], self.home, admission_id=self.stay))

    async def person(self, which: int, *, dead: bool, older: bool) -> None:
        """What the register knows of somebody now."""
        version = self.versions[str(which)] = self.versions.get(str(which), 0) + 1
        born = date(1934, 3, 5) if older else date(1940, 3, 5)
        more: dict[str, Any] = {"died_on": date(2026, 8, 15)} if dead else {}
        await self.hear(senior(self.people[which], born=born, version=version, **more))

    async def listing(self, *, on: bool) -> None:
        """The home is listed, or it never should have been."""
        if on:
            self.decision = listed(self.home, date(2026, 8, 1))
        await self.hear(self.decision if on else delisted(self.decision, date(2026, 8, 1)))

    async def hold(self, subject: str, *, on: bool) -> None:
        """Payments to somebody are stopped, or go on."""
        who = self.home if subject == "home" else self.people[int(subject)]
        kind = "organization" if subject == "home" else "senior"
        async with self.database.transaction(Scope.everywhere()) as session:
            query = "UPDATE holds SET lifted_at = clock_timestamp() WHERE subject_id = :who AND lifted_at IS NULL"
            if on:
                query = (
                    "INSERT INTO holds (id, subject_kind, subject_id, region, reason, placed_by)"
                    " VALUES (gen_random_uuid(), :kind, :who, :region, 'why', 'clerk')"
                )
            await session.execute(text(query), {"who": who, "kind": kind, "region": STREET} if on else {"who": who})

    async def decide(self, differences: dict[Account, int]) -> list[tuple[Account, Line]]:
        """A run with these lines, approved."""
        run, made = new_id(), []
        async with self.database.transaction(Scope.everywhere()) as session:
            await session.execute(
                text(
                    "INSERT INTO runs (id, month, region, prefix, number, programmes, state, created_by, decided_by,"
                    " decided_at) VALUES (:id, '2026-10-01', :region, '321202', (SELECT count(*) + 1 FROM runs),"
                    " '{}', 'approved', 'clerk', 'second', now())"
                ),
                {"id": run, "region": REGION},
            )
            for account, fen in differences.items():
                made.append((account, Line(str(await self._line(session, run, account, fen)), str(run), fen)))
            await recoveries.open_for(session, run, "second")
        return made

    async def _line(self, session: AsyncSession, run: UUID, one: Account, fen: int) -> UUID:
        known = self.lines.setdefault(one, [])
        name = new_id()
        values = {"id": name, "run_id": run, "month": MONTHS[one.month].first, "region": STREET, "fen": fen}
        values |= {"programme": "operating_subsidy" if one.home else "longevity_allowance", "pack": self.pack}
        values |= {"kind_of": "organization" if one.home else "senior", "senior": self.people[one.person]}
        values |= {"beneficiary": self.home if one.home else self.people[one.person], "sequence": len(known)}
        values |= {"kind": "recovery" if fen < 0 else "arrears", "corrects": known[-1] if fen < 0 else None}
        await session.execute(text(_LINE), values)
        known.append(name)
        return name

    async def pay(self, run: str) -> dict[str, tuple[tuple[str, int], int]]:
        """A batch of a run: line to row and amount."""
        try:
            async with self.database.transaction(Scope.everywhere()) as session:
                batch = (await payments.create(session, CLERK, UUID(run), BatchIn())).id
        except (NothingToPay, WrongState):
            return {}
        accounts = {("senior", who): ("n", "1", "b") for who in self.people} | {
            ("organization", self.home): ("n", "1", "b")
        }
        async with self.database.transaction(Scope.everywhere()) as session:
            await fill(session, KEYRING, batch, LookedUp(accounts))
            rows = await session.execute(
                text("SELECT line_id, sequence, amount_fen FROM payment_items WHERE batch_id = :b AND state = 'sent'"),
                {"b": batch},
            )
            return {str(row.line_id): ((str(batch), row.sequence), row.amount_fen) for row in rows}

    async def answer(self, key: tuple[str, int], line: str, fen: int, *, paid: bool) -> None:
        """The bank's file about one row, never the same bytes twice."""
        batch, sequence = key
        said, counts = ("S", f"1,{fen},0,0") if paid else ("F", f"0,0,1,{fen}")
        rows = f"D,{sequence},{line},{to_yuan(fen)},{said},{new_id().hex}"
        content = f"H,AXRET1,{batch},1,{fen}\n{rows}\nT,1,{counts}\n"
        async with self.database.transaction(Scope.everywhere()) as session:
            await payments.file(session, CLERK, UUID(batch))
            await payments.take_return(session, CLERK, UUID(batch), content.encode())

    async def withdraw(self, batch: str) -> None:
        """Nobody has had its file."""
        async with self.database.transaction(Scope.everywhere()) as session:
            await payments.withdraw(session, CLERK, UUID(batch))

    async def confirm(self, key: tuple[str, int], line: str) -> None:
        """A person lets a returned row go out again."""
        async with self.database.transaction(Scope.everywhere()) as session:
            await payments.confirm(session, CLERK, UUID(key[0]), [UUID(line)])

    async def find_out(self, key: tuple[str, int], line: str, *, paid: bool) -> None:
        """A person looked into a contradiction."""
        given = FindingIn(line_ids=[UUID(line)], paid=paid, document_no="银函1号")
        async with self.database.transaction(Scope.everywhere()) as session:
            await payments.find_out(session, CLERK, UUID(key[0]), given)

    async def propose(self, recovery: UUID, kind: str, fen: int, line: str | None = None) -> UUID | None:
        """Ask for an entry; None when more is asked for than is left."""
        given = EntryIn(kind=kind, amount=to_yuan(fen), document_no="1号", line_id=UUID(line) if line else None)
        try:
            async with self.database.transaction(Scope.everywhere()) as session:
                return (await recoveries.propose(session, CLERK, recovery, given)).requests[-1].id
        except MoreThanOwed:
            return None

    async def enter(self, recovery: UUID, request: UUID) -> bool:
        """A second person confirms; whether it counts. Whoever asked never can."""
        try:
            async with self.database.transaction(Scope.everywhere()) as session:
                await recoveries.confirm(session, CLERK, recovery, request)
            raise AssertionError("whoever asked confirmed it")
        except (SecondPersonNeeded, WrongState):
            pass
        try:
            async with self.database.transaction(Scope.everywhere()) as session:
                await recoveries.confirm(session, SECOND, recovery, request)
        except (MoreThanOwed, WrongState):
            return False
        return True

    async def recoveries(self) -> list[tuple[Account, UUID, int]]:
        """Account, id and what is owed of each."""
        async with self.database.transaction(Scope.everywhere()) as session:
            rows = await session.execute(
                text(
                    "SELECT r.id, r.senior_id, r.beneficiary_kind, r.month, b.balance_fen FROM recoveries r"
                    " JOIN recovery_balances((SELECT array_agg(id) FROM accounts WHERE senior_id = ANY (:people))) b"
                    " ON b.recovery_id = r.id WHERE r.senior_id = ANY (:people) ORDER BY r.id"
                ),
                {"people": self.people},
            )
            return [(self._account(row), row.id, row.balance_fen) for row in rows]

    def _account(self, row: Any) -> Account:
        month = next(n for n, month in enumerate(MONTHS) if month.first == row.month)
        return Account(self.people.index(row.senior_id), month, row.beneficiary_kind == "organization")

    async def sums(self) -> dict[Account, tuple[int, ...]]:
        """Decided, gone, back, forgiven and owed, by the ledger's own rows."""
        async with self.database.transaction(Scope.everywhere()) as session:
            rows = await session.execute(text(_SUMS), {"people": self.people})
            return {self._account(row): tuple(row[1:6]) for row in rows}
