"""Every programme of every pack on facts that exist: the columns of its source and no other, to a true answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import orjson
import polars as pl
import pytest

from services.subsidy.applications import rows as rows_of
from services.subsidy.applications.columns import asked
from services.subsidy.engine import Pack
from services.subsidy.engine.derived import LEVELS
from services.subsidy.inputs.domain import APPLICATION, FACTS, Facts
from services.subsidy.policies.cases import Worked
from services.subsidy.runs import lines
from shared.clock import Month
from tests.policies.every_case import CASES
from tests.policies.keep import law_of

REGIONS = ("110000", "231000", "321202", "510900", "532300")
"""The five cities; Taizhou by its sample district, which decides what the city leaves open."""
LAWS = {region: law_of([each for each in CASES if each.pack.region == region]) for region in REGIONS}
PROGRAMMES = [(region, code) for region in REGIONS for code in LAWS[region].programmes]
ASSESSED = ("assessment_valid", *LEVELS)
"""What the register works out itself from assessments where it is the source."""
DEFAULTS: dict[str, Any] = {
    "String": "x", "Boolean": False, "Date": date(2024, 1, 1), "Int32": 1, "Int64": 1,
}  # fmt: skip


def _cases(region: str, code: str) -> list[Worked]:
    """The worked cases of a programme."""
    return [each for each in CASES if each.pack.region == region and each.given.programme == code]


def _frozen(facts: Facts, pack: Pack, code: str, month: Month, row: dict[str, Any]) -> dict[str, Any]:
    """What a run would freeze of a case: the source's own columns, and of an application what it may say."""
    day = (
        date(2010, 1, 1)
        if any(row.get(name) is not None for name in ASSESSED) and row.get("assessment_valid", True)
        else None
    )
    frozen = {name: DEFAULTS[kind] for name, kind in facts.columns.items()} | {"assessed_on": day, "listed": False}
    frozen |= dict.fromkeys(("assessed_level", "assessed_level_mzt039", "died_on", "abilities"))
    frozen |= {"applied_from": month.first} if row.get("first_month") else {}
    frozen = {name: row.get(name, value) for name, value in frozen.items()}
    if facts is APPLICATION:
        frozen["facts"] = orjson.dumps(_said(pack, code, row)).decode()
    return {name: frozen[name] for name in facts.columns}


def _said(pack: Pack, code: str, row: dict[str, Any]) -> dict[str, Any]:
    columns = asked(pack, code)
    said = {name: value for name, value in row.items() if name in columns and value is not None}
    for name, value in said.items():
        if columns[name].type == "money":
            said[name] = f"{value // 100}.{value % 100:02}"
        elif isinstance(value, date | datetime):
            said[name] = value.isoformat()
    return said


@pytest.mark.parametrize(("region", "code"), PROGRAMMES)
def test_what_a_source_says_is_enough_for_an_answer_and_the_answer_is_the_worked_one(region: str, code: str) -> None:
    paid, wrong, other = 0, [], []
    law = LAWS[region].programmes[code]
    facts = FACTS[law.source]
    for worked in _cases(region, code):
        pack = worked.given.law(worked.pack, worked.case)
        month = Month.parse(worked.case.month or worked.given.month)
        frozen = [_frozen(facts, pack, code, month, row) for row in worked.rows]
        frame = pl.DataFrame(frozen, schema=lines.schema(facts), strict=False)
        for simulate in (False, True):
            judged = lines.entitle(pack, code, month, frame, simulate=simulate or worked.given.simulates(worked.case))
            assert judged.height
        if (
            facts is APPLICATION
            and worked.case.outcome == "paid"
            and any(row.get("on_hold") for row in frozen) is False
        ):
            errors = rows_of.check(pack, code, [_said(pack, code, row) for row in worked.rows], (month, None))
            wrong += [error for error in errors if error.code in {"missing", "unknown_column", "known_already"}]
        due = int(judged["amount_fen"].sum())
        if worked.case.outcome == "paid" and len(frozen) == 1 and due != worked.trace["amount_fen"]:
            other.append((worked.case.name, due, worked.trace["amount_fen"]))
        paid += due > 0
    assert wrong == []
    assert other == []
    assert paid, f"{law.code}: nobody is ever paid on the facts of {law.source}"
