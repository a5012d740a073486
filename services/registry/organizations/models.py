"""Organisations on file."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.facts.models import FactRow


class Organization(Base):
    """One organisation. Dated facts are beside, in `OrganizationFact`."""

    __tablename__ = "organizations"

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    region: Mapped[str]
    version: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    social_credit_code: Mapped[str]
    status: Mapped[str]
    closed_on: Mapped[date | None]
    profit: Mapped[str | None]
    nursing_beds: Mapped[int]
    ordinary_beds: Mapped[int]
    bank_account: Mapped[bytes | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class OrganizationFact(FactRow):
    """A mode of operation or a grade, with its days."""

    __tablename__ = "organization_facts"

    owner_id: Mapped[UUID] = mapped_column("organization_id")


class OrganizationIdentity(Base):
    """Which legal person an organisation is and what it does: seen from every region."""

    __tablename__ = "organization_identities"

    social_credit_code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]


class Contract(Base):
    """What an organisation may deliver, where and when."""

    __tablename__ = "contracts"

    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
    region: Mapped[str]
    service: Mapped[str]
    service_region: Mapped[str]
    document_no: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    recorded_by: Mapped[str]
