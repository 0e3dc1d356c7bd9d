"""The file two processes share: the request on the way in, a bounded JSON
answer and raw arrays on the way out.

Everything is plain bytes, no pickle: a length, the JSON, and from `ARRAYS` on
the arrays, little-endian, one behind the other. The parent makes the file as
large as the answer may become, so that the child needs no right to write files:
it fills memory that is mapped already.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

LENGTH = struct.Struct("<Q")
JSON_ROOM = 48 << 20
ARRAYS = JSON_ROOM
ALIGNMENT = 64

STORED_AS = {
    "float16": "<f2",
    "bfloat16": "<u2",
    "float32": "<f4",
    "float64": "<f8",
    "bool": "|u1",
    "int8": "|i1",
    "int16": "<i2",
    "int32": "<i4",
    "int64": "<i8",
    "uint8": "|u1",
    "uint16": "<u2",
    "uint32": "<u4",
    "uint64": "<u8",
}
"""The types that pass between the processes, by the bytes they travel as."""


def item_bytes(dtype: str) -> int:
    """Return the bytes of one value of a type of `STORED_AS`."""
    return int(STORED_AS[dtype][-1])


def array_bytes(shape: tuple[int, ...], dtype: str) -> int:
    """Return the bytes of an array of that shape and type."""
    count = 1
    for side in shape:
        count *= side

    return count * item_bytes(dtype)


def aligned(offset: int) -> int:
    """Return the next offset at which an array may begin."""
    return -(-offset // ALIGNMENT) * ALIGNMENT


def room_for(arrays: list[tuple[tuple[int, ...], str]]) -> int:
    """Return the bytes that arrays of these shapes and types take in the shared
    file.
    """
    return sum(aligned(array_bytes(shape, dtype)) for shape, dtype in arrays)


def pack(message: dict[str, Any]) -> bytes:
    """Return a message as it is written at the beginning of the shared file;
    ValueError when it is too long.
    """
    text = json.dumps(
        message,
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode("utf-8", "surrogatepass")
    if LENGTH.size + len(text) > JSON_ROOM:
        raise ValueError("the description is longer than the reader may send")

    return LENGTH.pack(len(text)) + text


def unpack(file: BinaryIO) -> Any:
    """Return the message at the beginning of a shared file; ValueError when
    there is none.
    """
    file.seek(0)
    head = file.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise ValueError("no message")

    (length,) = LENGTH.unpack(head)
    if not 0 < length <= JSON_ROOM - LENGTH.size:
        raise ValueError("no message")

    text = bytearray(length)
    read_into(file, LENGTH.size, memoryview(text))

    return json.loads(text.decode("utf-8", "surrogatepass"))


def read_into(file: BinaryIO, offset: int, view: memoryview) -> None:
    """Fill `view` with the bytes at `offset`; ValueError when they end too
    early.

    Read, never mapped: a child that was taken over could shorten the file, and
    a mapping would end this process.
    """
    file.seek(offset)
    done = 0
    while done < len(view):
        count = file.readinto(view[done:])  # type: ignore[attr-defined]  # BinaryIO leaves it out
        if not count:
            raise ValueError("the file is cut short")

        done += count
