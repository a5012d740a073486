"""How long the database may work for whom: a request shortly, a job, a consumer or a migration for long."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

ALIVE = {"client_connection_check_interval": "1s"}
"""A statement whose client is gone ends by itself, even where nobody could say that it should."""


@dataclass(frozen=True)
class Limits:
    """Whole seconds, 0 for none: of a statement, of a wait for a lock, of a transaction that does nothing."""

    statement: int
    lock: int
    idle: int

    def settings(self) -> dict[str, str]:
        """The same as PostgreSQL's own settings."""
        return {
            "statement_timeout": f"{self.statement}s",
            "lock_timeout": f"{self.lock}s",
            "idle_in_transaction_session_timeout": f"{self.idle}s",
        }

    def statements(self) -> str:
        """What sets them for one transaction. Written out, so that it travels together with BEGIN."""
        return "".join(f"SET LOCAL {name} = '{value}';" for name, value in self.settings().items())

    def for_session(self) -> str:
        """What sets them for as long as a connection lives."""
        return self.statements().replace("SET LOCAL", "SET")


def of_request(seconds: int) -> Limits:
    """A caller waits: an answer that comes later than this is read by nobody."""
    return Limits(statement=seconds, lock=max(1, seconds // 2), idle=3 * seconds)


def of_work(seconds: int) -> Limits:
    """Nobody waits; a job may compute for long between two statements."""
    return Limits(statement=seconds, lock=0, idle=seconds)


REQUEST_SECONDS, WORK_SECONDS = 20, 3600
LONG_SECONDS = 55
"""For a request that settles a whole city's month in one statement: somewhat less than the gateway waits."""
NET = of_work(2 * WORK_SECONDS)
"""What a login has that said nothing: a shell, a script."""
answering: ContextVar[bool] = ContextVar("answering", default=False)
"""Whether a caller waits for what runs here: set by the edge."""
