"""What the ledger has to come to, in a page of Python: no table, no sum kept, only what happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

AGES, STAY = (6000, 10000), 24000


class Account(NamedTuple):
    """Whose money for which month; ``home`` where a home is paid for the person's stay."""

    person: int
    month: int
    home: bool = False


@dataclass
class Line:
    """What a run decided: more, or less."""

    name: str
    run: str
    fen: int


@dataclass
class Row:
    """What a batch sent of a line."""

    account: Account
    line: str
    fen: int
    state: str = "sent"
    again: bool = False

    @property
    def is_out(self) -> bool:
        """Whether the money is gone, as far as anybody knows."""
        return self.state in {"sent", "settled", "arrived"}


@dataclass
class Model:
    """Facts, decisions, rows and entries of a few people."""

    accounts: list[Account]
    dead: set[int] = field(default_factory=set)
    older: set[int] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    listed: bool = False
    lines: dict[Account, list[Line]] = field(default_factory=dict)
    rows: dict[tuple[str, int], Row] = field(default_factory=dict)
    entries: list[tuple[Account, str, int, str | None]] = field(default_factory=list)

    def is_held(self, one: Account) -> bool:
        """Whether a person stopped it, who looks at it at all."""
        looked_at = not one.home or one.person not in self.dead
        return looked_at and bool(self.held & {str(one.person), *(["home"] if one.home else [])})

    def due(self, one: Account) -> int:
        """What the law says on today's facts; nothing while it is on hold."""
        if one.person in self.dead or self.is_held(one) or (one.home and self.listed):
            return 0
        return STAY if one.home else AGES[one.person in self.older]

    def decided(self, one: Account) -> int:
        """All lines together."""
        return sum(line.fen for line in self.lines.get(one, ()))

    def gone(self, one: Account, line: str | None = None) -> int:
        """What went out, or was counted as paid, of an account or of one line."""
        sent = sum(
            row.fen for row in self.rows.values() if row.account == one and row.is_out and line in {None, row.line}
        )
        return sent + sum(
            fen for who, kind, fen, at in self.entries if who == one and kind == "offset_in" and line in {None, at}
        )

    def back(self, one: Account) -> int:
        """What was given back."""
        return sum(fen for who, kind, fen, _ in self.entries if who == one and kind in {"repaid", "offset_out"})

    def forgiven(self, one: Account) -> int:
        """What was given up, less what is claimed after all."""
        waived = sum(fen for who, kind, fen, _ in self.entries if who == one and kind == "waived")
        return waived - sum(fen for who, kind, fen, _ in self.entries if who == one and kind == "waiver_withdrawn")

    def payable(self, one: Account) -> int:
        """What may be sent."""
        return max(0, self.decided(one) - self.gone(one) + self.back(one))

    def owed(self, one: Account) -> int:
        """What has to come back."""
        return max(0, self.gone(one) - self.back(one) - self.decided(one) - self.forgiven(one))

    def sums(self, one: Account) -> tuple[int, ...]:
        """What the database has to say of an account."""
        return self.decided(one), self.gone(one), self.back(one), self.forgiven(one), self.owed(one)

    def shares(self, one: Account) -> dict[str, tuple[Line, int, bool]]:
        """What of it each line may send: one that waits for a person first, then the newest."""
        waits = {row.line for row in self.rows.values() if row.account == one and row.state in {"returned", "disputed"}}
        left, found = self.payable(one), {}
        lines = [line for line in self.lines.get(one, ()) if line.fen > 0]
        for line in sorted(lines, key=lambda line: (line.name in waits, line.name), reverse=True):
            share = min(left, max(0, line.fen - self.gone(one, line.name)))
            left -= share
            found[line.name] = line, share, line.name in waits
        return found

    def correct(self) -> dict[Account, int]:
        """What a run decides now: the difference, for whoever is not on hold."""
        open_ = [one for one in self.accounts if not self.is_held(one)]
        return {one: fen for one in open_ if (fen := self.due(one) - self.decided(one))}

    def file(self, run: str) -> dict[str, int]:
        """The rows of a run's next batch: line and amount. Nobody gets what a look back would take back."""
        free = [one for one in self.accounts if self.due(one) >= self.decided(one)]
        lines = (share for one in free for share in self.shares(one).values())
        return {line.name: fen for line, fen, waits in lines if line.run == run and fen and not waits}

    def answer(self, key: tuple[str, int], *, paid: bool) -> None:
        """What the bank says of a row, whatever it said before."""
        row = self.rows[key]
        if paid:
            row.state = {"sent": "settled", "returned": "disputed", "confirmed": "disputed"}.get(row.state, row.state)
        elif row.is_out:
            row.state, row.again = "returned", False

    def find_out(self, key: tuple[str, int], *, paid: bool) -> None:
        """A person looked into a contradiction."""
        row = self.rows[key]
        row.state = "arrived" if paid else "confirmed" if row.again else "returned"
