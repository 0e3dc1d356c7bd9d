"""A safetensors file: the length of its header, the header as JSON, then the
bytes of all tensors one behind the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from rnn_tui.formats.reader.contents import Contents, within
from rnn_tui.formats.reader.layouts import Found, Values
from rnn_tui.formats.reader.modules import by_modules, note_shared
from rnn_tui.formats.wire.file_slice import Window
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import AGAIN, ProblemError
from rnn_tui.formats.wire.protocol import array_bytes

_LENGTH = 8
_METADATA = "__metadata__"
_DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}


@dataclass
class Tensor(Values):
    """A tensor: its stretch of the file."""

    source: BinaryIO
    start: int
    dtype: str
    shape: tuple[int, ...]
    bytes: int

    def read_into(self, buffer: memoryview) -> None:
        """Fill `buffer` with the values."""
        window = Window(self.source, self.start, self.bytes)
        if window.readinto(buffer) != self.bytes:
            raise ProblemError(f"is cut short; {AGAIN}")


def read_safetensors(
    source: BinaryIO,
    size: int,
    limits: Limits,
) -> Contents:
    """Return the contents of a safetensors file."""
    header, start = _header(source, size, limits)
    places: list[tuple[int, int]] = []
    arrays: dict[str, Found] = {}
    for name, said in header.items():
        if name == _METADATA:
            continue

        found, place = _found(source, name, said, start, size, limits)
        arrays[name] = found
        places.append(place)

    if not arrays:
        raise ProblemError("is a safetensors file without tensors")

    _refuse_gaps(places, size - start)
    metadata = header.get(_METADATA)
    if not isinstance(metadata, dict):
        metadata = {}

    # an embedding that is tied to the last layer comes before it
    arrays = {**_other_names(metadata, arrays, limits), **arrays}
    modules = by_modules(arrays)
    note_shared(modules, _identity)
    contents = Contents("safetensors", "modules", modules)
    written = metadata.get("format")
    if isinstance(written, str) and written.isprintable():
        contents.facts["format"] = written[:40]

    return within(contents, size, limits)


def _identity(found: Found) -> int | None:
    """Return a number that is the same for all names of one tensor."""
    if found.values is None:
        return None

    return id(found.values)


def _other_names(
    metadata: Mapping[str, Any],
    arrays: Mapping[str, Found],
    limits: Limits,
) -> dict[str, Found]:
    """Return the tensors with a second name: those that `save_model` of
    safetensors.torch left out, and says as which they are kept.
    """
    found = {}
    for name, kept in metadata.items():
        if name in arrays or not isinstance(kept, str) or kept not in arrays:
            continue

        found[name] = replace(arrays[kept])
        if len(found) + len(arrays) > limits.arrays:
            raise ProblemError(f"holds more than {limits.arrays:,} arrays")

    return found


def _header(
    source: BinaryIO,
    size: int,
    limits: Limits,
) -> tuple[dict[str, Any], int]:
    """Return the header, and where the bytes of the tensors begin."""
    length = int.from_bytes(Window(source, 0, size).read(_LENGTH), "little")
    if length > limits.config_bytes:
        raise ProblemError(
            f"is a safetensors file whose header is longer than "
            f"{limits.config_bytes:,} bytes"
        )
    if _LENGTH + length > size:
        raise ProblemError(f"is a safetensors file that is cut short; {AGAIN}")

    text = Window(source, _LENGTH, length).read(length)
    if text.count(b",") + text.count(b"[") > limits.config_values:
        raise ProblemError(
            "is a safetensors file whose header holds more than "
            f"{limits.config_values:,} values"
        )

    try:
        header = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise ProblemError(
            f"is a safetensors file whose header is damaged; {AGAIN}"
        ) from None

    if not isinstance(header, dict):
        raise ProblemError("is a safetensors file whose header is no object")
    if len(header) > limits.arrays:
        raise ProblemError(f"holds more than {limits.arrays:,} arrays")

    return header, _LENGTH + length


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of the header; ValueError where a key is there twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError

    return found


def _found(
    source: BinaryIO,
    name: str,
    said: Any,
    start: int,
    size: int,
    limits: Limits,
) -> tuple[Found, tuple[int, int]]:
    """Return a tensor and its place; one of a type that isn't read is listed
    with the reason.
    """
    shape: Any = None
    offsets: Any = None
    dtype = None
    if isinstance(said, dict):
        shape, offsets = said.get("shape"), said.get("data_offsets")
        dtype = said.get("dtype")

    if not _whole(shape) or not _whole(offsets) or len(offsets) != 2:
        raise ProblemError(
            f"is a safetensors file whose header says nothing of {name!r:.60} "
            f"that can be read; {AGAIN}"
        )

    begin, end = offsets
    if not begin <= end <= size - start:
        raise ProblemError(
            f"is a safetensors file whose {name!r:.60} is beyond its end: it "
            "is cut short or damaged"
        )

    place = (begin, end)
    sides = tuple(shape)
    if len(sides) > limits.rank:
        return Found(name, None, f"declares {len(sides)} axes"), place

    known = _DTYPES.get(dtype) if isinstance(dtype, str) else None
    if known is None:
        problem = f"holds values of the type {dtype!r:.20}, which isn't read"
        return Found(name, None, problem, sides), place

    length = array_bytes(sides, known)
    if length != end - begin:
        raise ProblemError(
            f"is a safetensors file whose {name!r:.60} declares {length:,} "
            f"bytes and has {end - begin:,}"
        )

    tensor = Tensor(source, start + begin, known, sides, length)

    return Found(name, tensor), place


def _whole(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(
        type(number) is int and 0 <= number < 1 << 48 for number in numbers
    )


def _refuse_gaps(places: list[tuple[int, int]], size: int) -> None:
    """Refuse tensors that overlap, and bytes of no tensor: the format allows
    neither.
    """
    end = 0
    for begin, behind in sorted(places):
        if begin != end:
            raise ProblemError(
                "is a safetensors file whose tensors lie on one another, or "
                "leave a gap: refused"
            )

        end = behind

    if end != size:
        raise ProblemError(
            f"is a safetensors file of {size:,} bytes of values whose tensors "
            f"take {end:,}; {AGAIN}"
        )
