"""A made-up district that exercises the real system: synthetic people, real rules, real calls."""
