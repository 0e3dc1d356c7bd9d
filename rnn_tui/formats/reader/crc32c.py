"""CRC-32C, the checksum of TensorFlow's files, masked as it is stored there.

Short data pass a table byte by byte. Long data are cut into lanes of one length
that go side by side through NumPy, four bytes a step; then neighbours are
joined, two into one, by the matrix that moves a checksum past as many bytes as
the right one has.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POLYNOMIAL = 0x82F63B78
_ONES = 0xFFFF_FFFF
_MASK = 0xA282EAD8
_SHORT = 128 << 10
"""Bytes below which the loading of NumPy takes longer than the loop over a
table.
"""
_LOADED = 4 << 10
"""The same where NumPy is loaded already."""
_LANE = 1024
"""Bytes of a lane: a power of two."""
_PIECE = 4 << 20
"""Bytes that are cut into lanes at once."""


def masked(data: memoryview) -> int:
    """Return the checksum of data as TensorFlow stores it."""
    return mask(extended(0, data))


def mask(checksum: int) -> int:
    """Return a checksum in the form in which it is stored: rotated, and moved
    on.
    """
    turned = (checksum >> 15) | (checksum << 17)
    return (turned + _MASK) & _ONES


def extended(checksum: int, data: memoryview) -> int:
    """Return the checksum of what had `checksum`, followed by data."""
    state = checksum ^ _ONES
    least = _LOADED if "numpy" in sys.modules else _SHORT
    if len(data) < least:
        return _bytewise(state, data) ^ _ONES

    for start in range(0, len(data), _PIECE):
        piece = data[start : start + _PIECE]
        if len(piece) < _LOADED:
            state = _bytewise(state, piece)
        else:
            state = _in_lanes(state, piece)

    return state ^ _ONES


def _bytewise(state: int, data: memoryview) -> int:
    table = _table()
    for byte in data:
        state = table[(state ^ byte) & 0xFF] ^ (state >> 8)

    return state


@cache
def _table() -> tuple[int, ...]:
    """Return what each byte does to a state of zero."""
    table = []
    for byte in range(256):
        state = byte
        for _ in range(8):
            state = (state >> 1) ^ (_POLYNOMIAL if state & 1 else 0)

        table.append(state)

    return tuple(table)


def _in_lanes(state: int, data: memoryview) -> int:
    """Return the state after data of at least four bytes.

    Zeros before the data leave a state of zero as it is, so they fill up the
    first lanes; the state that came before is added to the first four bytes.
    """
    import numpy as np

    lanes = 1 << ((len(data) - 1) // _LANE).bit_length()
    filled = np.zeros(lanes * _LANE, np.uint8)
    start = len(filled) - len(data)
    filled[start:] = np.frombuffer(data, np.uint8)
    state_bytes = state.to_bytes(4, "little")
    filled[start : start + 4] ^= np.frombuffer(state_bytes, np.uint8)

    words = filled.view("<u4").reshape(lanes, -1).T.copy()
    first, second, third, last = _word_tables()
    states = np.zeros(lanes, np.uint32)
    for word in words:
        states ^= word
        low = states & 0xFF
        middle = (states >> 8) & 0xFF
        high = (states >> 16) & 0xFF
        top = states >> 24
        states = last[low] ^ third[middle] ^ second[high] ^ first[top]

    matrix = _past_lane()
    while len(states) > 1:
        even = states[0::2]
        odd = states[1::2]
        states = _moved(matrix, even) ^ odd
        matrix = _moved(matrix, matrix)

    return int(states[0])


@cache
def _word_tables() -> NDArray[Any]:
    """Return what a byte does to a state of zero with 0, 1, 2 and 3 zero bytes
    behind it.
    """
    import numpy as np

    tables = [np.array(_table(), np.uint32)]
    for _ in range(3):
        before = tables[-1]
        tables.append(tables[0][before & 0xFF] ^ (before >> 8))

    return np.stack(tables)


@cache
def _past_lane() -> NDArray[Any]:
    """Return the matrix that moves a state past one lane of zero bytes: the
    images of the 32 bits.
    """
    import numpy as np

    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    table = np.array(_table(), np.uint32)
    matrix: NDArray[Any] = table[bits & 0xFF] ^ (bits >> 8)
    for _ in range(_LANE.bit_length() - 1):
        matrix = _moved(matrix, matrix)

    return matrix


def _moved(matrix: NDArray[Any], states: NDArray[Any]) -> NDArray[Any]:
    """Return the product of a matrix and states, over the field of two
    elements.
    """
    import numpy as np

    moved = np.zeros(len(states), np.uint32)
    for bit in range(32):
        moved ^= ((states >> bit) & 1) * matrix[bit]

    return moved
