"""Encryption of personal data, key by key, and keyed look-up of exact values.

A ciphertext is ``cipher (1 byte) | key id (2) | nonce (12) | data and tag``. New ones use the active key; old ones name
theirs. ``python -m shared.crypto rotate FILE`` adds a key and makes it the active one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

try:  # SM4 moved in recent versions of the package
    from cryptography.hazmat.primitives.ciphers.algorithms import SM4
except ImportError:  # pragma: no cover
    from cryptography.hazmat.decrepit.ciphers.algorithms import SM4  # type: ignore[attr-defined,no-redef]

HEADER, NONCE, TAG = 3, 12, 16
CIPHERS = {"aes-256-gcm": 1, "sm4-gcm": 2}


class DecryptionError(ValueError):
    """The ciphertext was changed, or its key is not in the ring."""


class _Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class _Sm4Gcm:
    """SM4 in Galois/counter mode with the interface of AESGCM."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = SM4(hashlib.sha256(b"sm4" + key).digest()[:16])

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, data[-TAG:])).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        return decryptor.update(data[:-TAG]) + decryptor.finalize()


class Keyring:
    """All data keys, one of them active, and the key of the blind index (which never rotates)."""

    def __init__(self, keys: dict[int, bytes], active: int, blind_key: bytes, cipher: str = "aes-256-gcm") -> None:
        self._blind_key = blind_key
        self._header = bytes([CIPHERS[cipher]]) + active.to_bytes(2, "big")
        self._aeads: dict[bytes, _Aead] = {}
        for number, key in keys.items():
            self._aeads[bytes([1]) + number.to_bytes(2, "big")] = AESGCM(key)
            self._aeads[bytes([2]) + number.to_bytes(2, "big")] = _Sm4Gcm(key)

    @classmethod
    def load(cls, file: Path, cipher: str = "aes-256-gcm", made_for: str = "") -> Keyring:
        """Read the key file; made with fresh keys, readable by its owner only, if there is none yet.

        ``made_for`` is written into a new one: a demo's keys never serve a real installation, nor the other way."""
        if not file.exists():
            _write_new(file, made_for)
        stored = json.loads(file.read_text(encoding="utf-8"))
        keys = {int(number): base64.b64decode(key) for number, key in stored["keys"].items()}
        return cls(keys, stored["active"], base64.b64decode(stored["blind"]), cipher)

    def seal(self, data: bytes) -> bytes:
        """Bytes to ciphertext under the active key."""
        nonce = os.urandom(NONCE)
        return self._header + nonce + self._aeads[self._header].encrypt(nonce, data, self._header)

    def unseal(self, blob: bytes) -> bytes:
        """Ciphertext to bytes. DecryptionError when it was tampered with or the key is gone."""
        header, nonce, data = blob[:HEADER], blob[HEADER : HEADER + NONCE], blob[HEADER + NONCE :]
        try:
            return self._aeads[header].decrypt(nonce, data, header)
        except (KeyError, InvalidTag, ValueError) as error:
            raise DecryptionError("this value cannot be decrypted with the keys at hand") from error

    def encrypt(self, plain: str) -> bytes:
        """Text to ciphertext under the active key."""
        return self.seal(plain.encode())

    def decrypt(self, blob: bytes) -> str:
        """Ciphertext to text. DecryptionError when it was tampered with or the key is gone."""
        return self.unseal(blob).decode()

    def is_current(self, blob: bytes) -> bool:
        """Whether a ciphertext uses the active key and cipher; others wait for re-encryption."""
        return blob[:HEADER] == self._header

    def blind(self, text: str, purpose: str) -> bytes:
        """A keyed 16-byte index value of an exact text; the same text has another one for another purpose."""
        return hmac.digest(self._blind_key, f"{purpose}\0{text}".encode(), "sha256")[:16]


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _draft(file: Path, content: object) -> Path:
    """A file beside it that only its owner can read, safely on the disk: data without its keys is lost."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump(content, handle)
        handle.flush()
        os.fsync(handle.fileno())
    return draft


def _write_new(file: Path, made_for: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    purpose = {"made_for": made_for} if made_for else {}
    draft = _draft(file, {"active": 1, "keys": {"1": _key()}, "blind": _key()} | purpose)
    try:
        file.hardlink_to(draft)  # the first of several processes wins; nobody ever sees half a file
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def rotate(file: Path) -> int:
    """Add a key and make it the active one; returns its number. Old ciphertexts stay readable."""
    stored = json.loads(file.read_text(encoding="utf-8"))
    number = max(int(n) for n in stored["keys"]) + 1
    stored["keys"][str(number)] = _key()
    stored["active"] = number
    _draft(file, stored).replace(file)
    return number


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "rotate":
        sys.exit("usage: python -m shared.crypto rotate FILE")
    sys.stdout.write(f"active key is now {rotate(Path(sys.argv[2]))}; restart the services to use it\n")
