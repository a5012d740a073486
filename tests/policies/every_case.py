"""Every worked case of every pack, read once and each worked out once."""

from services.subsidy.policies.cases import work

CASES = list(work())
