"""Whatever happens in whatever order: the ledger owes, sends and has paid what a page of Python says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from copy import deepcopy
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from deploy.local import postgres as local_postgres
from services.subsidy.errors import BatchGivenOut, LineNotFound
from shared.database import Database
from tests.property.ledger_model import Account, Model, Row
from tests.property.ledger_world import World
from tests.support.database import fresh, password
from tests.support.proof import PROOF

HISTORIES = 2_000 if PROOF else 200
ACCOUNTS = [Account(0, 0), Account(0, 1), Account(1, 0), Account(1, 1), Account(0, 1, home=True)]
EVENTS = {
    "decide": 6, "pay": 6, "answer": 3, "die": 4, "enter": 4, "ask": 4, "confirm": 2, "together": 2, "older": 1,
    "hold": 1, "list": 1, "find_out": 1, "offset": 1, "withdraw": 1,
}  # fmt: skip


def history(seed: int) -> list[tuple[str, int]]:
    """Thirty to forty events by chance alone: what Hypothesis thinks simple is too simple here."""
    chance = Random(seed)
    names = chance.choices(list(EVENTS), list(EVENTS.values()), k=chance.randint(30, 40))
    return [(name, chance.randint(0, 999)) for name in names]


class Play:
    """One history: every event is done for real and in the model, then both are compared."""

    def __init__(self, world: World) -> None:
        self.world, self.model, self.runs = world, Model(ACCOUNTS), list[str]()
        self.asked: list[tuple[Account, UUID, UUID, str, int, str | None, Account | None]] = []

    async def play(self, history: list[tuple[str, int]]) -> None:
        """From beginning to end."""
        await self.world.settle_in()
        await self.decide(0)
        for step, (name, n) in enumerate(history):
            await getattr(self, name)(n)
            found = await self.world.sums()
            wanted = {one: self.model.sums(one) for one in ACCOUNTS if self.model.lines.get(one)}
            assert found == wanted, (step, name, n)
            assert all(decided <= 0 or gone - back <= max(gone, decided) for decided, gone, back, *_ in found.values())

    async def die(self, n: int) -> None:
        """Somebody died, or did not after all."""
        self.model.dead ^= {n % 2}
        await self._person(n % 2)

    async def older(self, n: int) -> None:
        """An identity number was wrong."""
        self.model.older ^= {n % 2}
        await self._person(n % 2)

    async def _person(self, which: int) -> None:
        await self.world.person(which, dead=which in self.model.dead, older=which in self.model.older)

    async def hold(self, n: int) -> None:
        """A hold is placed or lifted."""
        subject = ("0", "1", "home")[n % 3]
        self.model.held ^= {subject}
        await self.world.hold(subject, on=subject in self.model.held)

    async def list(self, _: int) -> None:
        """The home is listed, or was never to be."""
        self.model.listed = not self.model.listed
        await self.world.listing(on=self.model.listed)

    async def decide(self, _: int) -> None:
        """A run looks at everybody."""
        await self._decide(self.model.correct())

    async def _decide(self, differences: dict[Account, int]) -> None:
        if differences:
            for account, line in await self.world.decide(differences):
                self.model.lines.setdefault(account, []).append(line)
                self.runs += [line.run] if line.run not in self.runs else []

    def _run(self, n: int) -> str:
        """Mostly one that has something to pay."""
        full = [run for run in self.runs if self.model.file(run)]
        runs = full if full and n % 5 else self.runs
        return runs[n % len(runs)]

    async def pay(self, n: int) -> None:
        """A batch of one of the runs."""
        run = self._run(n)
        wanted = self.model.file(run)
        sent = await self.world.pay(run)
        assert {line: fen for line, (_, fen) in sent.items()} == wanted
        self._note(sent)

    def _note(self, sent: dict[str, tuple[tuple[str, int], int]]) -> None:
        whose = {line.name: account for account, lines in self.model.lines.items() for line in lines}
        for line, (key, fen) in sent.items():
            self.model.rows[key] = Row(whose[line], line, fen)

    def _row(self, n: int, *states: str) -> Any:
        rows = [(key, row) for key, row in self.model.rows.items() if row.state in states]
        return rows[n % len(rows)] if rows else (None, None)

    async def answer(self, n: int) -> None:
        """The bank says something of any row, known or not."""
        key, row = self._row(n // 2, "sent", *(("settled", "returned", "confirmed", "arrived") if n % 5 == 0 else ()))
        if row:
            await self.world.answer(key, row.line, row.fen, paid=bool(n % 2))
            self.model.answer(key, paid=bool(n % 2))

    async def withdraw(self, n: int) -> None:
        """A batch that the bank has not answered is given up; one that it has answered cannot be."""
        batches = sorted({key[0] for key in self.model.rows})
        if not batches:
            return
        batch = batches[n % len(batches)]
        rows = [row for key, row in self.model.rows.items() if key[0] == batch]
        if all(row.state in {"sent", "withdrawn"} for row in rows):
            await self.world.withdraw(batch)
            for row in rows:
                row.state = "withdrawn"
        else:
            with pytest.raises(BatchGivenOut):
                await self.world.withdraw(batch)

    async def confirm(self, n: int) -> None:
        """A returned row may go out again."""
        key, row = self._row(n, "returned")
        if row:
            await self.world.confirm(key, row.line)
            row.state, row.again = "confirmed", True

    async def find_out(self, n: int) -> None:
        """Somebody looks into a contradiction."""
        key, row = self._row(n // 2, "disputed")
        if row:
            await self.world.find_out(key, row.line, paid=bool(n % 2))
            self.model.find_out(key, paid=bool(n % 2))

    async def ask(self, n: int) -> None:
        """A repayment, a waiver or its withdrawal is asked for, of a part, all, or more than all."""
        found = await self.world.recoveries()
        if not found:
            return
        account, recovery, owed = max(found, key=lambda each: each[2]) if n % 3 else found[n % len(found)]
        kind = ("repaid", "waived", "waiver_withdrawn")[n % 3]
        most = owed or self.model.forgiven(account)
        fen = max(1, most if n % 2 else most * (n % 5 + 1) // 4)
        request = await self.world.propose(recovery, kind, fen)
        if request:
            self.asked.append((account, recovery, request, kind, fen, None, None))

    async def offset(self, n: int) -> None:
        """What is owed of one month is taken off what another month still pays."""
        for account, recovery, owed in await self.world.recoveries():
            for other in ACCOUNTS:
                if not owed or (other.person, other.home) != (account.person, account.home):
                    continue
                for line, fen, waits in self.model.shares(other).values():
                    amount = min(owed, fen) - n % 2
                    if amount > 0 and not waits:
                        request = await self.world.propose(recovery, "offset", amount, line.name)
                        if request:
                            self.asked.append((account, recovery, request, "offset", amount, line.name, other))
                        return

    async def enter(self, n: int) -> None:
        """A second person confirms what was asked for, if it is still true."""
        if self.asked:
            asked = self.asked.pop(n % len(self.asked))
            self._enter(asked, counts=await self._try(asked))

    async def _try(self, asked: Any) -> bool:
        try:
            return await self.world.enter(asked[1], asked[2])
        except LineNotFound:
            return False

    def _enter(self, asked: Any, *, counts: bool) -> None:
        account, _, _, kind, fen, line, other = asked
        if not counts:
            return
        if kind == "waiver_withdrawn":
            assert fen <= self.model.forgiven(account)
        else:
            assert fen <= self.model.owed(account)
        if line:
            assert fen <= self.model.shares(other)[line][1]
            self.model.entries.append((other, "offset_in", fen, line))
        self.model.entries.append((account, "offset_out" if line else kind, fen, line))

    async def together(self, n: int) -> None:
        """Two or three things at the same moment; each account is as if one of them had come first."""
        differences, run = self.model.correct(), self._run(n)
        asked = self.asked.pop() if self.asked and n % 2 else None
        before = deepcopy(self.model)
        things: list[Awaitable[Any]] = [self.world.pay(run)]
        if differences:
            things.append(self._decide(differences))
        if asked:
            things += [self._try(asked), self._try(asked)]
        sent, *rest = await asyncio.gather(*things)
        after, counted = self.model, [found for found in rest if found is True]
        assert len(counted) <= 1
        assert (
            all(fen in {before.file(run).get(line), after.file(run).get(line)} for line, (_, fen) in sent.items())
            or counted
        )
        self._note(sent)
        if asked and counted:
            self.model.entries.append((asked[0], "offset_out" if asked[5] else asked[3], asked[4], asked[5]))
            if asked[6]:
                self.model.entries.append((asked[6], "offset_in", asked[4], asked[5]))


@pytest.fixture(scope="module")
def place(postgres: local_postgres.Server) -> Iterator[tuple[asyncio.Runner, Database, str]]:
    """A database for all histories, and the loop they are played in."""
    with asyncio.Runner() as runner:
        made = fresh(postgres)
        name = runner.run(made.__aenter__())
        database = Database(postgres.url("subsidy", password("subsidy"), name), "subsidy", pool_size=5)
        pack = runner.run(World.prepare(database))
        yield runner, database, pack
        runner.run(database.close())
        runner.run(made.__aexit__(None, None, None))


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink a history on a real database takes too long


@settings(max_examples=HISTORIES, suppress_health_check=list(HealthCheck), print_blob=True, phases=PHASES)
@given(seed=st.integers(0, 2**63))
def test_owed_sent_and_paid_agree_with_the_model_after_every_step(
    place: tuple[asyncio.Runner, Database, str], seed: int
) -> None:
    runner, database, pack = place
    runner.run(Play(World(database, pack)).play(history(seed)))
