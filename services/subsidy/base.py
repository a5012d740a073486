"""The subsidy service's tables share one metadata."""

from sqlalchemy import MetaData

from shared.database import ServiceBase


class Base(ServiceBase):
    """Root of every table of the service; the schema comes from the login's search path."""

    __abstract__ = True
    metadata = MetaData()
