"""Visits: what happened at a senior's door, and whether it counts 服务记录与核验."""
