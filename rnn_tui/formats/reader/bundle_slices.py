"""The slices of a variable that TensorFlow stored in parts: which stretch of
each axis one covers, the key it is stored under, and its place in the whole.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from rnn_tui.formats.wire.problems import AGAIN, ProblemError
from rnn_tui.formats.wire.protocol import item_bytes

_MOST_SLICES = 4096
_ALL = -1
"""The length that means a whole axis."""


class Extent(NamedTuple):
    """A stretch of one axis."""

    start: int
    length: int


class Slice(NamedTuple):
    """A stretch of each axis."""

    extents: tuple[Extent, ...]

    def stretches(self, whole: tuple[int, ...]) -> list[tuple[int, int]]:
        """Return the first and the last place, exclusive, on each axis of the
        whole.
        """
        found = []
        for extent, side in zip(self.extents, whole, strict=True):
            if extent.length == _ALL:
                found.append((0, side))
            else:
                found.append((extent.start, extent.start + extent.length))

        return found

    def shape(self, whole: tuple[int, ...]) -> tuple[int, ...]:
        """Return the slice's own shape."""
        return tuple(stop - start for start, stop in self.stretches(whole))


def tiled(shape: tuple[int, ...], slices: tuple[Slice, ...]) -> None:
    """Refuse slices that don't fill an array of this shape exactly: everywhere,
    and nowhere twice.
    """
    if len(slices) > _MOST_SLICES:
        raise ProblemError(f"is in more than {_MOST_SLICES:,} slices")
    if any(len(part.extents) != len(shape) for part in slices):
        raise _misfit()

    covered = 0
    boxes = []
    for part in slices:
        box = part.stretches(shape)
        if not all(
            0 <= start < stop <= side
            for (start, stop), side in zip(box, shape, strict=True)
        ):
            raise _misfit()

        covered += _count(part.shape(shape))
        boxes.append(box)

    if covered != _count(shape) or _overlap(boxes):
        raise _misfit()


def _overlap(boxes: list[list[tuple[int, int]]]) -> bool:
    """Whether two boxes share a place.

    They are sorted by their stretch of the axis that is cut; of real variables
    that is one axis only, so that neighbours alone need a look, and the rest is
    bounded.
    """
    ordered = sorted(boxes)
    looks = 16 * _MOST_SLICES
    for index, box in enumerate(ordered):
        for other in ordered[index + 1 :]:
            looks -= 1
            if looks < 0:
                raise _misfit()
            if other and other[0][0] >= box[0][1]:
                break

            if all(
                a < d and c < b
                for (a, b), (c, d) in zip(box, other, strict=True)
            ):
                return True

    return False


def slice_key(name: str, part: Slice) -> bytes:
    """Return the key under which a slice is stored: numbers and texts written
    so that keys sort as they do.
    """
    key = _ordered_number(0) + _ordered_text(name)
    key += _ordered_number(len(part.extents))
    for extent in part.extents:
        key += _ordered_signed(extent.start) + _ordered_signed(extent.length)

    return key


def join(
    buffer: memoryview,
    shape: tuple[int, ...],
    dtype: str,
    part: Slice,
    data: bytearray,
) -> None:
    """Copy the values of a slice to their place in the whole, a run of values
    at a time.
    """
    width = item_bytes(dtype)
    box = part.stretches(shape)
    if not box:
        buffer[:] = data
        return

    *outer, (first, last) = box
    run = (last - first) * width
    place = 0
    outer_places = [range(start, stop) for start, stop in outer]
    for position in product(*outer_places):
        row = 0
        for index, side in zip(position, shape, strict=False):
            row = row * side + index

        value = row * shape[-1] + first
        start = value * width
        behind = place + run
        buffer[start : start + run] = data[place:behind]
        place = behind


def _ordered_number(number: int) -> bytes:
    length = (number.bit_length() + 7) // 8
    return bytes([length]) + number.to_bytes(length, "big")


_ESCAPED = {0: b"\0\xff", 255: b"\xff\0"}


def _ordered_text(text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    escaped = [_ESCAPED.get(byte, bytes([byte])) for byte in data]

    return b"".join(escaped) + b"\0\1"


def _ordered_signed(number: int) -> bytes:
    """Return a number that may be negative: its two's complement in seven bits
    a byte, behind as many ones as there are bytes, which a negative one turns
    into zeros.
    """
    magnitude = number
    if number < 0:
        magnitude = ~number

    length = magnitude.bit_length() // 7 + 1
    ones = (1 << length) - 1
    header = ones << (7 * length)
    every_bit = (1 << (8 * length)) - 1
    complement = number & every_bit
    ordered = complement ^ header

    return ordered.to_bytes(length, "big")


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for side in shape:
        count *= side

    return count


def _misfit() -> ProblemError:
    return ProblemError(f"is in slices that don't make it up; {AGAIN}")
