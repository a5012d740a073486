"""The four services, and the one process that can hold them all."""
