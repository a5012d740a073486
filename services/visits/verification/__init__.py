"""Verification rules 核验规则: how is Python, how much is ``rules.yaml``."""
