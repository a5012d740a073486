"""Which facts each kind of formula is fed with, and whose line comes out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

BeneficiaryKind = Literal["senior", "organization"]


@dataclass(frozen=True)
class Facts:
    """The inputs of a formula kind: their table, their columns, what the engine calls the subject.

    ``columns`` maps a column to its Polars type by name; ``payees`` maps a programme's payee to the column of its id.
    """

    name: str
    table: str
    columns: Mapping[str, str]
    subject: str
    payees: Mapping[str, str]
    row_key: str | None = None

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
        "grade": "Int32",
        "mode": "String",
        "listed": "Boolean",
        "on_hold": "Boolean",
    },
    subject="admission_id",
    payees={"senior": "senior_id", "institution": "institution_id"},
)
UNIT = Facts(
    name="unit",
    table="run_inputs_unit",
    columns={
        "senior_id": "String",
        "vendor_id": "String",
        "region": "String",
        "service_date": "Date",
        "units": "Int32",
        "listed": "Boolean",
        "on_hold": "Boolean",
    },
    subject="senior_id",
    payees={"senior": "senior_id", "vendor": "vendor_id"},
    row_key="vendor_id",
)
FACTS: Mapping[str, Facts] = {"tiered_by_age": AGE, "rate_times_factors_per_day": STAY, "per_unit_with_caps": UNIT}


def beneficiary_kind(payee: str) -> BeneficiaryKind:
    """Whether a programme's payee is a person or an organisation."""
    return "senior" if payee == "senior" else "organization"


def engine_rows(facts: Facts, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Stored inputs as the engine wants them: its own names, plain values."""
    named: list[dict[str, Any]] = []
    for row in rows:
        plain = {name: str(row[name]) if name.endswith("_id") else row[name] for name in facts.columns}
        plain["subject_id"] = plain[facts.subject]
        if facts.row_key:
            plain["row_key"] = plain[facts.row_key]
        named.append(plain)
    return named
