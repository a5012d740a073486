"""The register of seniors. Whatever names a person is encrypted."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.facts.models import FactRow


class Senior(Base):
    """One person. Dated facts are beside, in `SeniorFact`."""

    __tablename__ = "seniors"

    senior_id: Mapped[UUID] = mapped_column(primary_key=True)
    region: Mapped[str]
    version: Mapped[int]
    status: Mapped[str]
    birth_date: Mapped[date]
    sex: Mapped[str]
    identity_kind: Mapped[str]
    identity_blind: Mapped[bytes]
    identity_number: Mapped[bytes]
    name: Mapped[bytes]
    name_rules: Mapped[int]
    """Version of the rules by which the name is indexed."""
    phone: Mapped[bytes | None]
    address: Mapped[bytes | None]
    bank_account: Mapped[bytes | None]
    registered_on: Mapped[date]
    import_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class SeniorFact(FactRow):
    """A dated fact about a senior: residence, circumstance or death."""

    __tablename__ = "senior_facts"

    owner_id: Mapped[UUID] = mapped_column("senior_id")
