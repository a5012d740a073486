"""Other values of the law's parameters, checked as the loader checks a district's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from services.subsidy.engine import Pack
from services.subsidy.engine.checks import Known, check_dates, check_value
from services.subsidy.engine.limits import check_limit
from services.subsidy.engine.model import Dated, Parameter
from services.subsidy.engine.values import FIELD_OF_KIND
from services.subsidy.simulations.schemas import ValueIn
from services.subsidy.simulations.wrong import Wrong, known_of


@dataclass(frozen=True)
class Judge:
    """Where what is wrong goes, and what breaks a limit of the law."""

    wrong: Wrong
    limits: Wrong


def change(base: Pack, wanted: Sequence[ValueIn], first: date, judge: Judge) -> Pack:
    """The pack with the values asked for, each from its day on; without one, from the first."""
    pack, known = base, known_of(base)
    for index, one in sorted(enumerate(wanted), key=lambda each: each[1].since or first):
        dated = _read(base, one, index, judge.wrong)
        if dated is None:
            continue
        dated = dated.model_copy(update={"since": one.since or first})
        if _fits(base.content.parameters[one.parameter], dated, index, known, judge):
            pack = pack.changed({one.parameter: next(iter(one.given().values()))}, one.since or first)
    return pack


def _read(base: Pack, one: ValueIn, index: int, wrong: Wrong) -> Dated | None:
    """The value in the pack's own shape; None when there is no such parameter, or when it is of another kind."""
    refuse, declared = wrong.at("values", index), base.content.parameters.get(one.parameter)
    if declared is None:
        refuse(["parameter"], "unknown_parameter", parameter=one.parameter)
        return None
    (given,) = one.given()
    if given != FIELD_OF_KIND[declared.kind]:
        refuse([given], "value_kind", kind=declared.kind, wanted=FIELD_OF_KIND[declared.kind])
        return None
    try:
        return Dated.model_validate(one.given() | {"since": "document"})
    except ValidationError as error:
        refuse([given], "wrong_value", problem=error.errors()[0]["msg"])
        return None


def _fits(declared: Parameter, dated: Dated, index: int, known: Known, judge: Judge) -> bool:
    refuse, before = judge.wrong.at("values", index), len(judge.wrong.errors)

    def of_date(loc: Sequence[int | str], code: str, /, **arguments: object) -> None:
        refuse(loc[1:], code, **arguments)

    check_value(refuse, [], declared, dated, known)
    check_dates(of_date, [], [dated])
    if len(judge.wrong.errors) == before:
        check_limit(judge.limits.at("values", index), [], declared, dated)
    return len(judge.wrong.errors) == before
