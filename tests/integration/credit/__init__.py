"""The credit service on a real database."""
