"""A person stops payments to a subject 暂停发放; no batch overrides it."""
