"""What people are told of a job that failed for good: what it means and what to do, never SQL or a row's content."""

from __future__ import annotations

import asyncpg
import httpx
import structlog
from sqlalchemy.exc import DBAPIError

from shared.errors import Problem
from shared.faults import facts, lacks_room, root, state
from shared.ids import new_id

ELSEWHERE = ("A part of the system did not answer. Ask for it again later.", "系统的某一部分没有应答,请稍后重新发起。")
UNFIT = (
    "The data do not fit together: {where}. Have them corrected, then ask again.",
    "数据之间不相符:{where}。请更正后重新发起。",
)
INTERNAL = ("Something went wrong on our side. Tell the operator the number.", "系统内部错误,请将编号告知运维人员。")
FULL = (
    "There was no room left on a disk, nothing was lost. Ask for it again once the operator has made room.",
    "存储空间已满,数据未丢失。请在运维人员清理空间后重新发起。",
)
LONGEST = 1000
log = structlog.get_logger("anxiang.jobs")


def described(error: BaseException, job: str) -> str:
    """The reason in Chinese and English, with the number under which the log says more."""
    number = str(new_id())[-12:]
    log.error("job gave up", job=job, number=number, **facts(error))
    en, zh = _words(error)
    return f"{zh} {en} [{number}]"[:LONGEST]


def _words(error: BaseException) -> tuple[str, str]:
    if isinstance(error, Problem):
        return error.en, error.zh
    if lacks_room(error):
        return FULL
    if isinstance(error, OSError | TimeoutError | httpx.TransportError):
        return ELSEWHERE
    cause = root(error)
    if isinstance(error, DBAPIError) or isinstance(cause, asyncpg.PostgresError):
        constraint = getattr(cause, "constraint_name", None)
        if constraint:
            return UNFIT[0].format(where=constraint), UNFIT[1].format(where=constraint)
        if state(error).startswith(("08", "57", "53", "58")):
            return ELSEWHERE
    return INTERNAL
