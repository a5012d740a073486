"""Kinds of subjects (主体类别) that an id can be of. Migration 0002 names the rest; nobody chooses those ids."""

from enum import StrEnum

ORGANIZATION, CONTRACT = "organization", "contract"


class SubjectKind(StrEnum):
    """Whom money can be for (补贴对象类别)."""

    SENIOR = "senior"  # 老年人
    ORGANIZATION = "organization"  # 机构
