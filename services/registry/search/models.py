"""The index of names: keyed hashes of tokens."""

from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base


class NameToken(Base):
    """One token of one senior's name."""

    __tablename__ = "name_tokens"

    token: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    region: Mapped[str] = mapped_column(primary_key=True)
    senior_id: Mapped[UUID] = mapped_column(primary_key=True)
