"""Leads 线索: evidence from other services, never a penalty by itself."""
