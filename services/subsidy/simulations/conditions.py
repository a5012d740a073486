"""Conditions of a programme switched off, or added."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from services.subsidy.engine import Pack, Packs
from services.subsidy.engine.programme import Condition, Programme
from services.subsidy.engine.wiring import check_programme
from services.subsidy.simulations.schemas import ConditionChange, ConditionIn
from services.subsidy.simulations.wrong import Wrong, known_of

REMEDY = {"zh": "符合测算所加的条件之后", "en": "once the condition that the simulation adds is met"}


def change(base: Pack, packs: Packs, wanted: Sequence[ConditionChange], wrong: Wrong) -> Pack:
    """The pack with the conditions asked for."""
    programmes = dict(base.programmes)
    for index, one in enumerate(wanted):
        law = programmes.get(one.programme)
        if law is None:
            en, zh = f"The law has no programme {one.programme}.", f"政策中没有项目{one.programme}。"
            wrong.say(("conditions", index, "programme"), "programme", en, zh)
        elif one.drop:
            programmes[law.code] = _without(law, one.drop, index, wrong)
        elif one.add:
            programmes[law.code] = _with(law, one.add, [base, *packs], index, wrong)
    return Pack(base.content.model_copy(update={"programmes": programmes}))


def _without(law: Programme, code: str, index: int, wrong: Wrong) -> Programme:
    kept = tuple(condition for condition in law.conditions if condition.code != code)
    if len(kept) == len(law.conditions):
        known = ", ".join(condition.code for condition in law.conditions) or "-"
        en = f"{law.code} has no condition {code}; its conditions are {known}."
        zh = f"项目{law.code}没有条件{code};现有条件:{known}。"
        wrong.say(("conditions", index, "drop"), "condition", en, zh)
    return law.model_copy(update={"conditions": kept})


def _with(law: Programme, wanted: ConditionIn, packs: Sequence[Pack], index: int, wrong: Wrong) -> Programme:
    place, refuse = ("conditions", index, "add"), wrong.at("conditions", index, "add")
    if wanted.code in {condition.code for condition in law.conditions}:
        refuse(["code"], "twice", name=wanted.code)
        return law
    try:
        added = _declared(law, wanted) if wanted.test else next(_called(law, wanted.code, packs), None)
    except ValidationError as error:
        field = error.errors()[0]
        refuse([str(field["loc"][0])], "wrong_value", problem=field["msg"])
        return law
    if added is None:
        en = f"No programme has a condition {wanted.code}; say how it is tested."
        zh = f"没有项目使用条件{wanted.code};请写明检验方式。"
        wrong.say((*place, "code"), "condition", en, zh)
        return law
    more = law.model_copy(update={"conditions": (*law.conditions, added)})

    def point(loc: Sequence[int | str], code: str, /, **arguments: object) -> None:
        refuse([] if "conditions" not in loc else list(loc)[-1:], code, **arguments)

    check_programme(point, more, packs[0].content.parameters, known_of(packs[0]))
    return more


def _declared(law: Programme, wanted: ConditionIn) -> Condition:
    """A condition of the request's own: where it stands is where the programme stands."""
    given: dict[str, Any] = wanted.model_dump(exclude={"label_zh", "label_en"}, exclude_none=True)
    label = {"zh": wanted.label_zh or wanted.code, "en": wanted.label_en or wanted.code}
    source = {"document": law.document, "clause": law.clause, "quotation": law.quotation}
    return Condition.model_validate(given | source | {"label": label, "remedy": REMEDY})


def _called(law: Programme, code: str, packs: Sequence[Pack]) -> Iterator[Condition]:
    """Every condition of that code in any pack, as a condition of this programme."""
    source = {"document": law.document, "clause": law.clause, "quotation": law.quotation}
    for pack in packs:
        for other in pack.programmes.values():
            for condition in other.conditions:
                if condition.code == code:
                    yield condition.model_copy(update=source)
