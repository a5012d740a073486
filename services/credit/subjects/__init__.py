"""Subjects 信用主体: the organisations that the registry tells of."""
