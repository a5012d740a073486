"""Schema changes: one environment, one folder per service."""
