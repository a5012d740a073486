"""Which facts a programme is fed with, and whose line comes out of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

BeneficiaryKind = Literal["senior", "organization"]


@dataclass(frozen=True)
class Facts:
    """The inputs of a formula kind: their table, their columns, what the engine calls the subject.

    ``columns`` maps a column to its Polars type by name; ``payees`` maps a programme's payee to the column of its id.
    ``key`` is the column by which inputs and lines belong together, ``organization`` the one of an institution that may
    be asked for; ``later`` are columns that a freeze leaves empty.
    """

    name: str
    table: str
    columns: Mapping[str, str]
    subject: str
    payees: Mapping[str, str]
    row_key: str | None = None
    key: str = "senior_id"
    organization: str | None = None
    later: tuple[str, ...] = ()

    @property
    def order(self) -> str:
        """What puts the rows in one order, for SQL."""
        return ", ".join(name for name in self.columns if name.endswith("_id") or name == "row")

    @property
    def frozen(self) -> list[str]:
        """The columns that a freeze fills."""
        return [name for name in self.columns if name not in self.later]

    def payee_column(self, payee: str) -> str:
        """The column of whoever gets the money; LookupError when these facts name no such payee."""
        return self.payees[payee]


AGE = Facts(
    name="age",
    table="run_inputs_age",
    columns={
        "senior_id": "String",
        "region": "String",
        "birth_date": "Date",
        "died_on": "Date",
        "registered_on": "Date",
        "household_here": "Boolean",
        "resident_here": "Boolean",
        "assessed_on": "Date",
        "on_hold": "Boolean",
    },
    subject="senior_id",
    payees={"senior": "senior_id"},
)
STAY = Facts(
    name="stay",
    table="run_inputs_stay",
    columns={
        "senior_id": "String",
        "institution_id": "String",
        "admission_id": "String",
        "region": "String",
        "from_day": "Int32",
        "to_day": "Int32",
        "care_level": "String",
        "assessed_level": "Int64",
        "assessed_level_mzt039": "Int64",
        "assessed_on": "Date",
        "grade": "Int32",
        "mode": "String",
        "listed": "Boolean",
        "on_hold": "Boolean",
    },
    subject="admission_id",
    payees={"senior": "senior_id", "institution": "institution_id"},
    organization="institution_id",
)
UNIT = Facts(
    name="unit",
    table="run_inputs_unit",
    columns={
        "senior_id": "String",
        "vendor_id": "String",
        "region": "String",
        "service_date": "Date",
        "units": "Int64",
        "listed": "Boolean",
        "on_hold": "Boolean",
    },
    subject="senior_id",
    payees={"senior": "senior_id", "vendor": "vendor_id"},
    row_key="vendor_id",
)
APPLICATION = Facts(
    name="application",
    table="run_inputs_application",
    columns={
        "application_id": "String",
        "row": "Int32",
        "subject": "String",
        "senior_id": "String",
        "organization_id": "String",
        "worker_ref": "String",
        "region": "String",
        "facts": "String",
        "applied_from": "Date",
        "birth_date": "Date",
        "died_on": "Date",
        "sex": "String",
        "registered_on": "Date",
        "household_here": "Boolean",
        "abilities": "String",
        "listed": "Boolean",
        "on_hold": "Boolean",
        "disputed": "Boolean",
        "paid_before": "Boolean",
        "beds_paid_before": "Int64",
        "used_in_year": "Int64",
        "item_paid_before": "Boolean",
    },
    subject="subject",
    payees={
        "senior": "senior_id",
        "household": "senior_id",
        **dict.fromkeys(("institution", "vendor", "worker", "centre", "canteen"), "organization_id"),
    },
    row_key="row_key",
    key="application_id",
    organization="organization_id",
    later=("paid_before", "beds_paid_before", "used_in_year", "item_paid_before"),
)
FACTS: Mapping[str, Facts] = {
    "register_age": AGE,
    "register_stays": STAY,
    "meals": UNIT,
    "application": APPLICATION,
}
"""By the source that a programme names."""
PERSONS = frozenset({"senior", "household"})
"""The beneficiaries who are people of the register; for a worker, the institution stands in."""


def beneficiary_kind(payee: str) -> BeneficiaryKind:
    """Whether a programme's payee is a person or an organisation."""
    return "senior" if payee in PERSONS else "organization"
