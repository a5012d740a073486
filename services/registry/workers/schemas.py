"""Request and response shapes of workers' keys 从业人员标识."""

from __future__ import annotations

from pydantic import Field

from services.registry.schemas import Answer, Body, Purpose, example
from services.registry.seniors.schemas import IdentityNumber
from shared.contracts.registry import WorkerKey


class WorkerIn(Body):
    """Whose key is needed, and why 查询从业人员标识."""

    model_config = example(identity_number="321202197003120021", purpose="护理人员补贴申请")

    identity_number: IdentityNumber = Field(description="Of the worker; it is not kept 居民身份证号码(不留存)")
    purpose: Purpose


class WorkerKeyOut(Answer):
    """The same person has the same key, in every home and for ever."""

    worker_key: WorkerKey
