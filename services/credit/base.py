"""The root of this service's tables."""

from sqlalchemy import MetaData

from shared.database import ServiceBase


class Base(ServiceBase):
    """All tables of the credit service."""

    __abstract__ = True
    metadata = MetaData()
