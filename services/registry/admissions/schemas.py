"""Request and response shapes of admissions 入住."""

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from services.registry.admissions.domain import CareLevel
from services.registry.schemas import Answer, Body, Day, FactOut, Source, example
from shared.regions import RegionShown


class AdmissionIn(Body):
    """A senior moves into an institution 办理入住."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "senior_id": "01980000-0000-7000-8000-000000000101",
                    "institution_id": "01980000-0000-7000-8000-0000000000e1",
                    "admitted_on": "2026-09-01",
                    "care_level": "disabled",
                    "source": "入住合同",
                }
            ]
        }
    )

    senior_id: UUID = Field(description="老年人")
    institution_id: UUID = Field(description="养老机构")
    admitted_on: Day = Field(description="First day 入住日期")
    care_level: CareLevel = Field(description="自理、部分失能、失能")
    source: Source


class CareLevelIn(Body):
    """Another care level from a day on 变更护理等级."""

    model_config = example(care_level="disabled", valid_from="2026-10-01", source="能力评估")

    care_level: CareLevel = Field(description="自理、部分失能、失能")
    valid_from: Day = Field(description="First day 生效日期")
    source: Source


class DischargeIn(Body):
    """The stay ends 办理退住."""

    model_config = example(discharged_on="2026-10-31")

    discharged_on: Day = Field(description="Last day of the stay 退住日期(含当日)")


class AdmissionOut(Answer):
    """One stay 入住记录."""

    admission_id: UUID
    version: int
    senior_id: UUID
    institution_id: UUID
    region: RegionShown = Field(description="Where the institution lies 机构所在区划")
    admitted_on: date
    discharged_on: date | None
    care_levels: list[FactOut] = Field(description="护理等级变更")
    recorded_at: datetime
