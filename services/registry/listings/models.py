"""What the credit service decided about organisations."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base


class Listing(Base):
    """One decision; whichever of listing and delisting arrives first makes the row."""

    __tablename__ = "listed_organizations"

    decision_id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
    list_kind: Mapped[str | None]
    listed_on: Mapped[date | None]
    until: Mapped[date | None]
    document_no: Mapped[str | None]
    delisted_on: Mapped[date | None]
