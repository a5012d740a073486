"""Tokens as keyed numbers, so that the index tells no names to whoever reads the database."""

from collections.abc import Iterable
from functools import cache, lru_cache

from shared.crypto import Keyring

PURPOSE = "name-token"
REMEMBERED = 1 << 17


class Blinder:
    """Hashes tokens with the keyring; characters and syllables repeat, so it remembers them."""

    def __init__(self, keyring: Keyring) -> None:
        @lru_cache(maxsize=REMEMBERED)
        def number(token: str) -> int:
            return int.from_bytes(keyring.blind(token, PURPOSE)[:8], "big", signed=True)

        self._number = number

    def numbers(self, tokens: Iterable[str]) -> list[int]:
        """The tokens as 64-bit signed numbers."""
        return [self._number(token) for token in tokens]


@cache
def blinder_of(keyring: Keyring) -> Blinder:
    """The one blinder of a keyring, so that what it remembers is shared."""
    return Blinder(keyring)
