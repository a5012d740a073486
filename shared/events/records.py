"""Record batches that can always be read.

aiokafka gives up a whole partition for one batch that it cannot decode: a header whose name is not UTF-8, a codec that
is not installed, a checksum that does not hold. Here each record of such a batch comes as far as it can be read, and a
batch of which nothing can be read comes as one record that holds its bytes, so that it can be dead-lettered and passed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import structlog
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint_py

log = structlog.get_logger(__name__)
_LOG_OVERHEAD = 12  # base offset and length, before what the length counts
_FETCHES = 3  # a checksum that fails so often was not broken on the way
_broken: Counter[bytes] = Counter()


class _Record(NamedTuple):
    """A record as the fetcher takes it."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    checksum: None = None


class _Lenient(bytearray):
    """Bytes whose texts may hold anything."""

    def __getitem__(self, place: Any) -> Any:  # noqa: ANN401  # an int for an index, bytes for a slice
        found = super().__getitem__(place)
        return _Lenient(found) if isinstance(place, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return bytes(self).decode(encoding, errors)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # final by its author's word only
    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer: bytearray = _Lenient(self._buffer)

    def _read_msg(self) -> Any:  # noqa: ANN401  # a record of aiokafka, which is untyped
        """Read with the decoder that knows where the bytes end; the faster one, in C, reads on and takes the process
        down with it."""
        return super()._read_msg(decode_varint_py)


class Batch:
    """A batch of aiokafka whose records can be gone through whatever is in them."""

    def __init__(self, batch: Any, raw: bytes) -> None:  # noqa: ANN401  # one of aiokafka's three classes
        self._batch, self._raw = batch, raw

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the fetcher asks for
        return getattr(self._batch, name)

    def validate_crc(self) -> bool:
        """False for the first fetches of a broken batch: the next may bring it whole."""
        if self._batch.validate_crc():
            return True
        mark = self._raw[: 2 * _LOG_OVERHEAD]
        _broken[mark] += 1
        if _broken[mark] < _FETCHES:
            return False
        del _broken[mark]
        self._batch = _Unreadable(self._batch, self._raw, CorruptRecordException("checksum"))
        return True

    def __iter__(self) -> Iterator[Any]:
        read = 0
        try:
            for record in self._batch:
                yield record
                read += 1
        except Exception as error:  # noqa: BLE001  # whatever it is, the partition must go on
            log.warning("a record batch cannot be read as it is", error=type(error).__name__)
            yield from self._rescued(error, read)

    def _rescued(self, error: Exception, read: int) -> list[Any]:
        """What comes after the records that were read, or what is left of the batch as one."""
        try:
            return list(_LenientBatch(self._raw))[read:]
        except Exception:  # noqa: BLE001  # as above
            return list(_Unreadable(self._batch, self._raw, error))


class _Unreadable:
    """A batch of which nothing can be read, as one record in the place of its last."""

    def __init__(self, batch: Any, raw: bytes, error: Exception) -> None:  # noqa: ANN401  # as above
        self._batch, self._raw, self._error = batch, raw, error

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # as above
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[_Record]:
        said = f"unreadable record batch: {type(self._error).__name__}".encode()
        yield _Record(self._batch.next_offset - 1, -1, 0, None, self._raw, [("ce_type", said)])


class Records:
    """The batches of one fetch, in the place of aiokafka's own class."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._records = data, 0, MemoryRecords(data)

    def size_in_bytes(self) -> int:
        """How much was fetched."""
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        """Whether a whole batch is left."""
        return bool(self._records.has_next())

    def next_batch(self) -> Batch | None:
        """The next batch."""
        batch = self._records.next_batch()
        if batch is None:
            return None
        start = self._at
        self._at += _LOG_OVERHEAD + int.from_bytes(self._data[start + 8 : start + 12], "big")
        return Batch(batch, bytes(self._data[start : self._at]))


def install() -> None:
    """Have aiokafka's fetcher read with these. It makes its record classes by name, so there is no other way in."""
    fetcher.MemoryRecords = Records
