"""The storages of a PyTorch file and the tensors in them: a stretch of bytes
each, of which a tensor shows a part by an offset and strides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from rnn_tui.formats.reader.layouts import Values
from rnn_tui.formats.wire.file_slice import Window
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import AGAIN, ProblemError
from rnn_tui.formats.wire.protocol import STORED_AS, array_bytes, item_bytes

STORAGES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "UntypedStorage": "uint8",
}
"""The types of storages, by the classes that a file names."""
DTYPES = {
    "float32": "float32",
    "float": "float32",
    "float64": "float64",
    "double": "float64",
    "float16": "float16",
    "half": "float16",
    "bfloat16": "bfloat16",
    "int64": "int64",
    "int32": "int32",
    "int16": "int16",
    "int8": "int8",
    "uint8": "uint8",
    "uint16": "uint16",
    "uint32": "uint32",
    "uint64": "uint64",
    "bool": "bool",
}
"""The types that newer files name beside an untyped storage."""


@dataclass(eq=False)
class Storage:
    """A stretch of bytes: `open` returns the file it is in, after its checksum
    was compared where it has one, and where it begins.
    """

    key: str
    dtype: str
    count: int
    open: Callable[[], tuple[BinaryIO, int]]

    @property
    def bytes(self) -> int:
        """How long it is."""
        return self.count * item_bytes(self.dtype)

    def part(self, offset: int, buffer: memoryview) -> None:
        """Fill a buffer from a place of the storage on."""
        source, start = self.open()
        window = Window(source, start + offset, len(buffer))
        if window.readinto(buffer) != len(buffer):
            raise ProblemError(f"is cut short; {AGAIN}")


@dataclass
class Tensor(Values):
    """A tensor: the part of a storage that its offset and strides show, both
    counted in values.
    """

    storage: Storage
    offset: int
    strides: tuple[int, ...]
    dtype: str
    shape: tuple[int, ...]
    bytes: int

    @property
    def identity(self) -> tuple[Any, ...]:
        """The part of the storage that it shows, and how."""
        key = self.storage.key
        return key, self.offset, self.shape, self.strides, self.dtype

    def read_into(self, buffer: memoryview) -> None:
        """Fill `buffer` with the values, in the order of the axes."""
        width = item_bytes(self.dtype)
        if self.strides == _contiguous(self.shape):
            self.storage.part(self.offset * width, buffer)
            return

        import numpy as np  # most tensors are stored in the order of reading

        span = bytearray(_reach(self.shape, self.strides) * width)
        self.storage.part(self.offset * width, memoryview(span))
        values = np.frombuffer(span, STORED_AS[self.dtype])
        shown = np.lib.stride_tricks.as_strided(
            values,
            self.shape,
            tuple(stride * width for stride in self.strides),
        )
        buffer[:] = shown.tobytes()


def tensor_in(
    storage: Storage,
    offset: object,
    shape: object,
    strides: object,
    dtype: str,
    limits: Limits,
) -> Tensor:
    """Return a tensor, after its place was held against its storage.

    Raises ProblemError where it isn't within it.
    """
    if type(offset) is not int or offset < 0:
        raise ProblemError("has a place that is no number")

    sides, steps = _numbers(shape), _numbers(strides)
    if len(sides) != len(steps):
        raise ProblemError("has more or fewer strides than axes")
    if len(sides) > limits.rank:
        raise ProblemError(f"declares {len(sides)} axes")

    reach = _reach(sides, steps)
    if (offset + reach) * item_bytes(dtype) > storage.bytes:
        problem = ProblemError(
            f"is beyond the end of its storage of {storage.bytes:,} bytes"
        )
        problem.shape = sides
        raise problem

    length = array_bytes(sides, dtype)

    return Tensor(storage, offset, steps, dtype, sides, length)


def _numbers(listed: object) -> tuple[int, ...]:
    if not isinstance(listed, (tuple, list)) or not all(
        type(number) is int and 0 <= number < 1 << 48 for number in listed
    ):
        raise ProblemError("has a shape or strides that are no numbers")

    return tuple(listed)


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides of values in the order of the axes."""
    strides = []
    step = 1
    for side in reversed(shape):
        strides.append(step)
        step *= max(side, 1)

    return tuple(reversed(strides))


def _reach(shape: tuple[int, ...], strides: tuple[int, ...]) -> int:
    """Return how many values of a storage a tensor reaches over."""
    if 0 in shape:
        return 0

    last = sum(
        (side - 1) * stride for side, stride in zip(shape, strides, strict=True)
    )

    return last + 1
