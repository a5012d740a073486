"""Kinds of subjects (主体类别) that an id can be of. Migration 0002 names the rest; nobody chooses those ids."""

from enum import StrEnum

ORGANIZATION, CONTRACT = "organization", "contract"


class SubjectKind(StrEnum):
    """Whom money can be for (补贴对象类别)."""

    SENIOR = "senior"  # 老年人
    ORGANIZATION = "organization"  # 机构


class Topic(StrEnum):
    """What changes together; a subject has one open request for each (变更类别)."""

    ACCOUNT = "account"  # 收款账户
    IDENTITY = "identity"  # 姓名、身份证号、机构名称


TOPICS = {"bank_account": Topic.ACCOUNT, "name": Topic.IDENTITY, "identity_number": Topic.IDENTITY}
"""Which topic a field of a file belongs to; no other way changes these fields."""
