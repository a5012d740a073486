"""The three programmes once more, written for OpenFisca-core: the baseline the engine is measured against."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openfisca_core.entities import build_entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import ETERNITY, MONTH
from openfisca_core.simulations import Simulation, SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

PERIOD, LAST = "2026-10", np.datetime64("2026-10-31")
FIRST, DAYS = np.datetime64("2026-10-01"), 31
Array = NDArray[Any]

Person = build_entity(key="person", plural="persons", label="A row", is_person=True)
Senior = build_entity(
    key="senior", plural="seniors", label="A senior with her days", roles=[{"key": "day", "plural": "days"}]
)


def _dated(value: float) -> dict[str, Any]:
    return {"values": {"2020-01-01": {"value": value}}}


def _scale(*steps: tuple[int, int]) -> dict[str, Any]:
    brackets = [{"threshold": _dated(at)["values"], "amount": _dated(v)["values"]} for at, v in steps]
    return {"metadata": {"type": "single_amount"}, "brackets": brackets}


PARAMETERS = {
    "longevity": _scale((0, 0), (80, 6000), (90, 10000), (100, 30000)),
    "base": {"self_care": _dated(5000), "partly_disabled": _dated(10000), "disabled": _dated(20000)},
    "grade": _scale((0, 0), (2, 80), (3, 120), (4, 150), (5, 200)),
    "mode": {"private": _dated(100), "public_built_private_run": _dated(50), "public": _dated(0)},
    "meal": {"amount": _dated(350), "daily_cap": _dated(2), "monthly_cap": _dated(40)},
}


class CareLevel(Enum):
    """Levels of care."""

    self_care = "self_care"
    partly_disabled = "partly_disabled"
    disabled = "disabled"


class Mode(Enum):
    """Operation modes."""

    private = "private"
    public_built_private_run = "public_built_private_run"
    public = "public"


def _input(name: str, value_type: type, entity: Any = Person, **more: Any) -> type[Variable]:
    body = {"value_type": value_type, "entity": entity, "definition_period": ETERNITY, "label": name, **more}
    return type(name, (Variable,), body)


INPUTS = [
    _input("birth_date", date),
    _input("died_on", date, default_value=date(9999, 1, 1)),
    _input("registered_on", date),
    _input("household_here", bool),
    _input("care_level", Enum, possible_values=CareLevel, default_value=CareLevel.self_care),
    _input("grade", int),
    _input("mode", Enum, possible_values=Mode, default_value=Mode.public),
    _input("listed", bool),
    _input("from_day", int),
    _input("to_day", int),
    _input("units", int),
]


def _looked_up(node: Any, codes: Any, array: Array) -> Array:
    """By position, because OpenFisca's own indexing by an enum walks over every element."""
    return np.array([node[code.name] for code in codes], dtype=np.int64)[np.asarray(array)]  # type: ignore[no-any-return]  # untyped


class age(Variable):  # type: ignore[misc]  # noqa: N801  # the library is untyped, and names a variable after its class
    """Full years on the last day of the month; who died before a birthday never reached it."""

    value_type, entity, definition_period, label = int, Person, MONTH, "age"

    def formula(person: Any, period: Any) -> Array:  # noqa: N805  # OpenFisca's way
        """As in OpenFisca's country template, on the day that counts."""
        born, died = person("birth_date", period), person("died_on", period)
        day = np.where((died >= FIRST) & (died < LAST), died, LAST)
        months, on_months = born.astype("datetime64[M]"), day.astype("datetime64[M]")
        years, on_years = born.astype("datetime64[Y]"), day.astype("datetime64[Y]")
        month, on_month = (months - years).astype(int), (on_months - on_years).astype(int)
        to_come = (month > on_month) | ((month == on_month) & (born - months > day - on_months))
        return (on_years - years).astype(int) - to_come  # type: ignore[no-any-return]  # untyped


class longevity(Variable):  # type: ignore[misc]  # noqa: N801  # the library is untyped, and names a variable after its class
    """Longevity allowance in fen."""

    value_type, entity, definition_period, label = int, Person, MONTH, "longevity allowance"

    def formula(person: Any, period: Any, parameters: Any) -> Array:  # noqa: N805  # as above
        """The band's amount for who lives here, was alive and registered in time."""
        here, alive = person("household_here", period), person("died_on", period) >= FIRST
        in_time = person("registered_on", period) <= np.datetime64("2027-10-31")
        amount = parameters(period).longevity.calc(person("age", period))
        return np.where(here & alive & in_time, amount, 0)


class operating(Variable):  # type: ignore[misc]  # noqa: N801  # the library is untyped, and names a variable after its class
    """Operating subsidy of a segment in fen."""

    value_type, entity, definition_period, label = int, Person, MONTH, "operating subsidy"

    def formula(person: Any, period: Any, parameters: Any) -> Array:  # noqa: N805  # as above
        """Base times factors, the part of the days by the running total."""
        law = parameters(period)
        whole = (
            _looked_up(law.base, CareLevel, person("care_level", period))
            * law.grade.calc(person("grade", period)).astype(np.int64)
            * _looked_up(law.mode, Mode, person("mode", period))
        )
        scale = DAYS * 10000
        after = (2 * whole * person("to_day", period) + scale) // (2 * scale)
        before = (2 * whole * (person("from_day", period) - 1) + scale) // (2 * scale)
        return np.where(person("listed", period), 0, after - before)


class meals_of_day(Variable):  # type: ignore[misc]  # noqa: N801  # the library is untyped, and names a variable after its class
    """Meals of a day within the cap."""

    value_type, entity, definition_period, label = int, Person, MONTH, "meals of a day"

    def formula(person: Any, period: Any, parameters: Any) -> Array:  # noqa: N805  # as above
        """Capped per day."""
        counted = np.where(person("listed", period), 0, person("units", period))
        return np.minimum(counted, parameters(period).meal.daily_cap)  # type: ignore[no-any-return]  # untyped


class meals(Variable):  # type: ignore[misc]  # noqa: N801  # the library is untyped, and names a variable after its class
    """Meal subsidy of a senior in fen."""

    value_type, entity, definition_period, label = int, Senior, MONTH, "meal subsidy"

    def formula(senior: Any, period: Any, parameters: Any) -> Array:  # noqa: N805  # as above
        """Capped per month."""
        law = parameters(period).meal
        return np.minimum(senior.sum(senior.members("meals_of_day", period)), law.monthly_cap) * law.amount  # type: ignore[no-any-return]  # untyped


def system() -> TaxBenefitSystem:
    """The baseline, ready to calculate."""
    tbs = TaxBenefitSystem([Person, Senior])
    for variable in (*INPUTS, age, longevity, operating, meals_of_day, meals):
        tbs.add_variable(variable)
    tbs.parameters = ParameterNode("", data=PARAMETERS)
    return tbs


def simulation(tbs: TaxBenefitSystem, count: int, senior_of: Array | None = None) -> Simulation:
    """The population of one calculation, without its facts."""
    builder = SimulationBuilder()
    builder.create_entities(tbs)
    builder.declare_person_entity("person", np.arange(count))
    owners = np.zeros(count, dtype=int) if senior_of is None else senior_of
    group = builder.declare_entity("senior", np.unique(owners))
    builder.join_with_persons(group, owners, np.full(count, "day"))
    return builder.build(tbs)


def calculate(prepared: Simulation, variable: str, inputs: dict[str, Array]) -> Array:
    """From arrays to an array of amounts."""
    for name, array in inputs.items():
        prepared.set_input(name, "ETERNITY", array)
    return prepared.calculate(variable, PERIOD)  # type: ignore[no-any-return]  # the library is untyped
