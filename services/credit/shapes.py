"""What the request shapes of this service share."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.dates import IsoDate
from shared.etag import LONGEST
from shared.text import PLAIN, SHOWN

EARLIEST, LATEST = date(1980, 1, 1), date(2199, 12, 31)
Day = Annotated[IsoDate, Field(ge=EARLIEST, le=LATEST)]
"""A date on a document; the bounds only keep out slips of the pen."""

DocumentNo = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST), PLAIN, SHOWN]
"""Number of an official document 文号."""


class Body(BaseModel):
    """A request body: nothing unknown."""

    model_config = ConfigDict(extra="forbid")


def example(**values: Any) -> ConfigDict:  # noqa: ANN401  # an example holds anything JSON can
    """The configuration of a body with its example."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})
