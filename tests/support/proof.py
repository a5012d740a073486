"""The long form of tests that are too slow for ``make test``: ``make proof`` asks for it."""

import os

PROOF = bool(os.environ.get("ANXIANG_PROOF"))
