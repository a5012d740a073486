"""Snapshots that the registry publishes: full state without direct identifiers, guarded by a rising version."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.base import (
    Code,
    Event,
    OrganizationId,
    Part,
    RecordedAt,
    Region,
    SeniorId,
    ValidFrom,
    ValidTo,
    Version,
    known,
)


class Residence(Part):
    """Where a senior's household register lies 户籍地."""

    region: Region
    valid_from: ValidFrom
    valid_to: ValidTo = None


TOLD_CIRCUMSTANCES: frozenset[str] = frozenset()
"""Kinds of circumstances that a reader works with: no other leaves the registry. Whoever needs one adds it here."""


class Circumstance(Part):
    """A dated fact that rules ask for, such as living alone or low income 老年人情况."""

    kind: Code = Field(description="Which fact, such as living_alone 情况类别", examples=["living_alone"])
    value: str = Field(
        min_length=1, max_length=200, description="Its value; yes where the kind says all 情况取值", examples=["yes"]
    )
    valid_from: ValidFrom
    valid_to: ValidTo = None


class Ability(Part):
    """The result of an ability assessment 能力评估结果."""

    assessment_id: UUID = Field(description="The assessment 评估编号")
    level: int | None = Field(ge=0, le=4, description="0 intact to 4 completely lost (GB/T 42195); null: none 能力等级")
    scale: str = Field(max_length=64, description="The standard that was applied 评估标准", examples=["gbt42195-2022"])
    valid_from: ValidFrom
    valid_to: ValidTo = None


class SeniorSnapshot(Event):
    """All that other services may know of a senior 老年人档案快照."""

    TYPE = "cn.anxiang.registry.senior.snapshot.v1"
    TOPIC = "registry.seniors"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "senior_id": "019a4c00-0000-7000-8000-000000000001",
        "version": 3,
        "region": "321202001000",
        "birth_date": "1941-03-05",
        "sex": "female",
        "status": "active",
        "died_on": None,
        "death_reported_on": None,
        "registered_on": "2025-01-02",
        "residences": [{"region": "321202001000", "valid_from": "1990-01-01", "valid_to": None}],
        "circumstances": [{"kind": "living_alone", "value": "yes", "valid_from": "2024-06-01", "valid_to": None}],
        "abilities": [
            {
                "assessment_id": "019a4c00-0000-7000-8000-000000000002",
                "level": 2,
                "scale": "gbt42195-2022",
                "valid_from": "2026-02-01",
                "valid_to": None,
            }
        ],
        "has_bank_account": True,
        "recorded_at": "2026-10-01T01:30:00Z",
    }

    senior_id: SeniorId
    version: Version
    region: Region
    birth_date: date = Field(description="Date of birth 出生日期")
    sex: Annotated[str, known("male", "female")] = Field(description="Sex as registered 性别")
    status: Annotated[str, known("active", "deceased", "moved_out")] = Field(description="Present state 档案状态")
    died_on: date | None = Field(default=None, description="Date of death 死亡日期")
    death_reported_on: date | None = Field(default=None, description="Not told any more 死亡报告日期(不再提供)")
    registered_on: date = Field(description="First registered here 建档日期")
    residences: tuple[Residence, ...] = Field(description="Household registers, oldest first 户籍地变更")
    circumstances: tuple[Circumstance, ...] = Field(default=(), description="What readers need 老年人情况(按需)")
    abilities: tuple[Ability, ...] = Field(default=(), description="Assessment results 能力评估结果")
    has_bank_account: bool = Field(description="Whether a payment can reach the senior 是否已登记收款账户")
    recorded_at: RecordedAt

    def key(self) -> str:
        """The senior."""
        return str(self.senior_id)


class OperationMode(Part):
    """Who built and who runs an institution 运营方式."""

    mode: Annotated[str, known("private", "public_built_private_run", "public")] = Field(
        description="民办、公建民营、公办"
    )
    valid_from: ValidFrom
    valid_to: ValidTo = None


class Grade(Part):
    """An institution's grade (GB/T 37276) 养老机构等级."""

    grade: int = Field(ge=1, le=5, description="1 lowest to 5 highest 等级")
    valid_from: ValidFrom
    valid_to: ValidTo = None


class Beds(Part):
    """Registered beds 备案床位."""

    nursing: int = Field(ge=0, description="Nursing beds 护理型床位数")
    ordinary: int = Field(ge=0, description="Other beds 普通床位数")


class Contract(Part):
    """What an organisation may deliver, and where 服务合同."""

    contract_id: UUID = Field(description="The contract 合同编号")
    service: Annotated[str, known("meal")] = Field(description="Kind of service 服务类别")
    region: Annotated[Region, Field(description="Where: this region and all below it 服务区域")]
    valid_from: ValidFrom
    valid_to: ValidTo = None


class OrganizationSnapshot(Event):
    """All that other services may know of an organisation 机构档案快照."""

    TYPE = "cn.anxiang.registry.organization.snapshot.v1"
    TOPIC = "registry.organizations"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "organization_id": "019a4c00-0000-7000-8000-00000000000a",
        "version": 1,
        "region": "321202000000",
        "kind": "meal_vendor",
        "name": "示例助餐服务有限公司",
        "social_credit_code": "91321200MA00000000",
        "status": "active",
        "profit": "for_profit",
        "operation_modes": [],
        "grades": [],
        "beds": {"nursing": 0, "ordinary": 0},
        "contracts": [
            {
                "contract_id": "019a4c00-0000-7000-8000-00000000000b",
                "service": "meal",
                "region": "321202000000",
                "valid_from": "2026-01-01",
                "valid_to": "2026-12-31",
            }
        ],
        "recorded_at": "2026-10-01T01:30:00Z",
    }

    organization_id: OrganizationId
    version: Version
    region: Region
    kind: Annotated[str, known("institution", "meal_vendor", "community_centre", "assessor")] = Field(
        description="机构类别"
    )
    name: str = Field(min_length=1, max_length=200, description="Registered name of the organisation 机构名称")
    social_credit_code: str = Field(min_length=18, max_length=18, description="GB 32100 统一社会信用代码")
    status: Annotated[str, known("active", "closed")] = Field(description="Present state 机构状态")
    closed_on: date | None = Field(default=None, description="Last day open, if it has closed 停业日期")
    profit: Annotated[str, known("for_profit", "non_profit")] | None = Field(
        default=None, description="营利性或非营利性"
    )
    operation_modes: tuple[OperationMode, ...] = Field(default=(), description="Oldest first 运营方式变更")
    grades: tuple[Grade, ...] = Field(default=(), description="Oldest first 等级变更")
    beds: Beds = Field(default=Beds(nursing=0, ordinary=0), description="Registered beds 床位")
    contracts: tuple[Contract, ...] = Field(default=(), description="Service contracts 服务合同")
    recorded_at: RecordedAt

    def key(self) -> str:
        """The organisation."""
        return str(self.organization_id)


class CareLevel(Part):
    """How much care a resident gets 护理等级."""

    level: Annotated[str, known("self_care", "partly_disabled", "disabled")] = Field(description="自理、部分失能、失能")
    valid_from: ValidFrom
    valid_to: ValidTo = None


class AdmissionSnapshot(Event):
    """One stay of a senior in an institution 入住记录快照."""

    TYPE = "cn.anxiang.registry.admission.snapshot.v1"
    TOPIC = "registry.admissions"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "admission_id": "019a4c00-0000-7000-8000-000000000014",
        "version": 1,
        "senior_id": "019a4c00-0000-7000-8000-000000000001",
        "institution_id": "019a4c00-0000-7000-8000-000000000015",
        "region": "321202000000",
        "admitted_on": "2026-09-01",
        "discharged_on": None,
        "care_levels": [{"level": "disabled", "valid_from": "2026-09-01", "valid_to": None}],
        "recorded_at": "2026-10-01T01:30:00Z",
    }

    admission_id: UUID = Field(description="The stay 入住编号")
    version: Version
    senior_id: SeniorId
    institution_id: UUID = Field(description="The institution 养老机构")
    region: Annotated[Region, Field(description="Where the institution lies 机构所在区划")]
    admitted_on: date = Field(description="First day of the stay 入住日期")
    discharged_on: date | None = Field(default=None, description="Last day of the stay; null: still there 退住日期")
    care_levels: tuple[CareLevel, ...] = Field(default=(), description="Oldest first 护理等级变更")
    recorded_at: RecordedAt

    def key(self) -> str:
        """The stay."""
        return str(self.admission_id)


WorkerKey = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{32}$",
        description="A keyed hash of the identity number, made by the registry alone 从业人员标识",
        examples=["5f0c8a1e9b7d4c2f8e6a3b1d0c9f7e5a"],
    ),
]


class WorkerKnown(Event):
    """The registry made the key of a worker: who carries it is one person, in every home 从业人员标识."""

    TYPE = "cn.anxiang.registry.worker.known.v1"
    TOPIC = "registry.workers"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "worker_key": "5f0c8a1e9b7d4c2f8e6a3b1d0c9f7e5a",
        "recorded_at": "2026-10-01T01:30:00Z",
    }

    worker_key: WorkerKey
    recorded_at: RecordedAt

    def key(self) -> str:
        """The worker."""
        return self.worker_key


class ChangeRecorded(Event):
    """A request to change where money goes or who somebody is moved on; no value is told 变更事项."""

    TYPE = "cn.anxiang.registry.change.recorded.v1"
    TOPIC = "registry.changes"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "change_id": "019a4c00-0000-7000-8000-000000000041",
        "version": 1,
        "subject_kind": "senior",
        "subject_id": "019a4c00-0000-7000-8000-000000000001",
        "region": "321202001000",
        "about": "payment",
        "state": "requested",
        "recorded_at": "2026-10-01T01:30:00Z",
    }

    change_id: UUID = Field(description="The request 变更事项编号")
    version: Version
    subject_kind: Annotated[str, known("senior", "organization")] = Field(description="老年人或机构")
    subject_id: UUID = Field(description="Whose file 对象编号")
    region: Region
    about: Annotated[str, known("payment", "identity")] = Field(
        description="Where money goes, or who it is 收款账户或身份信息"
    )
    state: Annotated[str, known("requested", "approved", "refused", "withdrawn")] = Field(
        description="待审批、已批准、不予变更、已撤回"
    )
    recorded_at: RecordedAt

    def key(self) -> str:
        """Whose file it is."""
        return str(self.subject_id)
