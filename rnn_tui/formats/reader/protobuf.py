"""The wire format of protocol buffers: the fields of a message, one after the
other, without its schema.

A message is a view into the file's bytes, never copied and never read deeper
than it is asked for; no reader here calls itself, so a message in a message
costs no stack. The fields of all messages of a file are counted: a field of two
bytes takes Python a hundred times as many.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from rnn_tui.formats.wire.problems import ProblemError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}
_LONGEST = 10
"""Bytes of the longest number."""

Value: TypeAlias = "int | memoryview"


class Fields:
    """Reads messages; all of them together may have `most` fields."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._left = most

    def of(self, message: memoryview) -> Iterator[tuple[int, Value]]:
        """Yield the number and the value of every field.

        Raises ProblemError where the message is damaged, or the fields are too
        many.
        """
        place = 0
        end = len(message)
        while place < end:
            self._left -= 1
            if self._left < 0:
                raise ProblemError(
                    f"holds more than {self._most:,} protobuf fields"
                )

            tag, place = varint(message, place)
            kind = tag & 7
            if kind == VARINT:
                number, place = varint(message, place)
                yield tag >> 3, number
                continue

            if kind == BYTES:
                length, place = varint(message, place)
            elif kind in _FIXED:
                length = _FIXED[kind]
            else:
                raise damaged()

            if length > end - place:
                raise damaged()

            part = message[place : place + length]
            place += length
            if kind == BYTES:
                yield tag >> 3, part
            else:
                yield tag >> 3, int.from_bytes(part, "little")

    def number_in(self, message: memoryview, wanted: int) -> int:
        """Return a number of a message by its field; one that is left out is
        zero.
        """
        found = 0
        for number, value in self.of(message):
            if number == wanted:
                found = number_of(value)

        return found

    def text_in(self, message: memoryview, wanted: int) -> str:
        """Return a text of a message by its field; one that is left out is
        empty.
        """
        found = ""
        for number, value in self.of(message):
            if number == wanted:
                found = text_of(value)

        return found


def varint(data: memoryview, place: int) -> tuple[int, int]:
    """Return the number at a place and the place behind it."""
    number = 0
    for shift in range(_LONGEST):
        if place >= len(data):
            raise damaged()

        byte = data[place]
        place += 1
        number |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, place

    raise damaged()


def damaged() -> ProblemError:
    """Return the problem of a message that breaks the format."""
    return ProblemError("is damaged: a protobuf message in it can't be read")


def number_of(value: Value) -> int:
    """Return a field that must be a number."""
    if isinstance(value, int):
        return value

    raise damaged()


def signed(value: Value) -> int:
    """Return a field that must be a number which may be negative."""
    number = number_of(value)
    if number >> 63:
        return number - (1 << 64)

    return number


def bytes_of(value: Value) -> memoryview:
    """Return a field that must be bytes, a text or a message."""
    if isinstance(value, int):
        raise damaged()

    return value


def text_of(value: Value) -> str:
    """Return a field that must be a text."""
    return bytes(bytes_of(value)).decode("utf-8", "surrogateescape")
