"""Tokens as keyed numbers, so that the index tells no names to whoever reads the database."""

from collections.abc import Iterable
from functools import cache, lru_cache

from services.registry.search.tokens import index_tokens
from shared.crypto import Keyring

PURPOSE = "name-token"
REMEMBERED = 1 << 17


class Blinder:
    """Hashes tokens with the keyring; characters and syllables repeat, so it remembers them."""

    def __init__(self, keyring: Keyring) -> None:
        @lru_cache(maxsize=REMEMBERED)
        def number(token: str) -> int:
            return int.from_bytes(keyring.blind(token, PURPOSE)[:8], "big", signed=True)

        @lru_cache(maxsize=REMEMBERED)
        def of_name(name: str) -> str:
            return " ".join({str(number(token)) for token in index_tokens(name)})

        self._number, self._of_name = number, of_name

    def numbers(self, tokens: Iterable[str]) -> list[int]:
        """The tokens as 64-bit signed numbers."""
        return [self._number(token) for token in tokens]

    def of_name(self, name: str) -> str:
        """What a name is indexed by, with blanks between: for many names at once."""
        return self._of_name(name)


@cache
def blinder_of(keyring: Keyring) -> Blinder:
    """The one blinder of a keyring, so that what it remembers is shared."""
    return Blinder(keyring)
