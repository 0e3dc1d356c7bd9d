"""The table in the `.index` of a TensorFlow checkpoint: keys in order and their
values, in blocks as LevelDB writes them.

A key is stored as what it shares with the one before and a tail, so a small
file can declare keys of any length: their lengths are bounded before one is
made. Blocks that Snappy packed are refused: TensorFlow's writer doesn't pack
them, and they would be a bomb in a bomb.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from rnn_tui.formats.reader.crc32c import masked
from rnn_tui.formats.reader.protobuf import varint
from rnn_tui.formats.wire.limits import MIB, Limits
from rnn_tui.formats.wire.problems import ProblemError

MAGIC = bytes.fromhex("57fb808b247547db")
_FOOTER = 48
_TRAILER = 5
"""A byte that says how a block is packed, and its checksum."""
_LONGEST_KEY = 4 << 10
_U32 = struct.Struct("<I")


def read_table(data: memoryview, limits: Limits) -> dict[bytes, memoryview]:
    """Return the values of a table by their keys.

    Raises ProblemError when it isn't a table, is damaged, or asks for too much.
    """
    if len(data) < _FOOTER or data[-len(MAGIC) :] != MAGIC:
        raise ProblemError(
            "is no index of a checkpoint, or cut short: its last bytes are "
            "others"
        )

    footer = data[-_FOOTER:]
    _, place = _handle(footer, 0)
    index, _ = _handle(footer, place)
    keys = _Keys(len(data), limits)
    entries: dict[bytes, memoryview] = {}
    for _, handle in _entries(_block(data, index), keys):
        where, _ = _handle(handle, 0)
        for key, value in _entries(_block(data, where), keys):
            if key in entries:
                raise _damaged()

            entries[key] = value

    return entries


class _Keys:
    """What the keys of a table may take together."""

    def __init__(self, file_bytes: int, limits: Limits) -> None:
        self._entries = limits.entries
        self._most = limits.entries
        self._bytes = 4 * file_bytes + MIB

    def take(self, length: int) -> None:
        """Note a key of that length; ProblemError when it is one too many."""
        self._entries -= 1
        self._bytes -= length
        if self._entries < 0:
            raise ProblemError(f"holds more than {self._most:,} entries")
        if length > _LONGEST_KEY or self._bytes < 0:
            raise ProblemError(
                "declares keys far longer than the file: refused"
            )


def _handle(data: memoryview, place: int) -> tuple[tuple[int, int], int]:
    """Return a block's offset and size, and the place behind them."""
    offset, place = varint(data, place)
    size, place = varint(data, place)

    return (offset, size), place


def _block(data: memoryview, handle: tuple[int, int]) -> memoryview:
    """Return the contents of a block, its checksum compared."""
    offset, size = handle
    end = offset + size
    if end + _TRAILER > len(data) - _FOOTER:
        raise _damaged()

    packed = data[end]
    if packed == 1:
        raise ProblemError(
            "is packed with Snappy, which TensorFlow's own checkpoints never "
            "are: refused"
        )
    if packed:
        raise _damaged()

    (checksum,) = _U32.unpack(data[end + 1 : end + _TRAILER])
    if masked(data[offset : end + 1]) != checksum:
        raise ProblemError(
            "is damaged: a checksum in it is wrong; copy or download it again"
        )

    return data[offset:end]


def _entries(
    block: memoryview,
    keys: _Keys,
) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the keys and values of a block."""
    if len(block) < _U32.size:
        raise _damaged()

    # the block ends in the places where a key is whole, and their number
    (restarts,) = _U32.unpack(block[-_U32.size :])
    end = len(block) - _U32.size * (restarts + 1)
    if end < 0:
        raise _damaged()

    entries = block[:end]
    key = b""
    place = 0
    while place < end:
        shared, place = varint(entries, place)
        unshared, place = varint(entries, place)
        length, place = varint(entries, place)
        value_at = place + unshared
        behind = value_at + length
        if shared > len(key) or behind > end:
            raise _damaged()

        keys.take(shared + unshared)
        own_part = bytes(entries[place:value_at])
        key = key[:shared] + own_part
        yield key, entries[value_at:behind]
        place = behind


def _damaged() -> ProblemError:
    return ProblemError("is damaged: its table can't be read")
