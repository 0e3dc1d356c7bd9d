"""The weights of a `.keras` archive in NumPy's format (`model.weights.npz`),
without unpickling anything.

Keras stores a dictionary of arrays for each layer, which NumPy can only write
as a pickle. A pickle is a program; this module never runs it but reads the few
instructions such a dictionary takes and keeps what they would call as names.
Any other instruction is refused.
"""

from __future__ import annotations

import io
import math
import pickletools
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from rnn_tui.formats.reader.keras_zip import Archive
from rnn_tui.formats.reader.layouts import Found, Layer, Values
from rnn_tui.formats.wire.keras_members import Members
from rnn_tui.formats.wire.natural_order import natural
from rnn_tui.formats.wire.problems import ProblemError
from rnn_tui.formats.wire.protocol import STORED_AS, array_bytes

_MEANT = {
    code.lstrip("<|"): name
    for name, code in STORED_AS.items()
    if name not in ("bool", "bfloat16")
}
_MEANT["b1"] = "bool"
_TEXTS = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8")
_NUMBERS = ("BININT", "BININT1", "BININT2", "LONG1")
_VALUES = frozenset((*_TEXTS, *_NUMBERS, "SHORT_BINBYTES", "BINBYTES"))
_CONSTANTS = {
    "NONE": None,
    "NEWTRUE": True,
    "NEWFALSE": False,
    "EMPTY_TUPLE": (),
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_ERRORS = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    EOFError,
    UnicodeError,
)


class Name(NamedTuple):
    """A name the pickle would import; here it stays a name."""

    module: str
    name: str


@dataclass
class Call:
    """A call that the pickle would make, and the state it would set."""

    function: Any
    arguments: Any
    state: Any = None


class Stored(Values):
    """An array of a pickled dictionary, in its stored bytes."""

    def __init__(self, call: Call) -> None:
        _, shape, dtype, fortran, data = call.state
        if isinstance(dtype.arguments[0], str):
            code = str(dtype.arguments[0])
        else:
            code = dtype.arguments[0].name

        if dtype.state:
            order = dtype.state[1]
        else:
            order = "<"

        if code == "bfloat16":
            self.dtype = "bfloat16"
        else:
            self.dtype = _MEANT[code]

        self.shape = tuple(int(side) for side in shape)
        self.bytes = array_bytes(self.shape, self.dtype)
        self._big_endian = order == ">"
        self._fortran = bool(fortran)
        self._data = data
        if len(data) != self.bytes or min(self.shape, default=0) < 0:
            raise ProblemError("declares another size than it has")

    def read_into(self, buffer: memoryview) -> None:
        """Fill `buffer` with the values, little-endian."""
        stored = np.dtype(STORED_AS[self.dtype]).newbyteorder(
            ">" if self._big_endian else "<"
        )
        values = np.frombuffer(self._data, stored).reshape(
            self.shape,
            order="F" if self._fortran else "C",
        )
        buffer[:] = np.ascontiguousarray(
            values,
            STORED_AS[self.dtype],
        ).tobytes()


def read_npz(archive: Members, name: str) -> list[Layer]:
    """Return the layers in a member of an archive, in natural order of their
    paths.
    """
    source = archive.file(name)
    try:
        inner = Archive(
            zipfile.ZipFile(source),
            source,
            archive.limits,
            sure=True,
        )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise ProblemError(
            f"is damaged: {name} in the archive is no NumPy archive"
        ) from None

    members = sorted(inner.zip.namelist(), key=natural)
    if len(members) > archive.limits.groups:
        raise ProblemError(f"holds more than {archive.limits.groups:,} groups")

    layers = []
    for member in members:
        path = member.removesuffix(".npy")
        layer = Layer("" if path == "__root__" else path)
        try:
            layer.arrays = [
                _found(key, call)
                for key, call in _dictionary(inner.data(member)).items()
            ]
        except ProblemError as problem:
            layer.problem = f"the weights of {path!r} can't be read: {problem}"

        if layer.arrays or layer.problem:
            layer.arrays.sort(key=lambda found: natural(found.name))
            layers.append(layer)

    return layers


def _found(key: Any, call: Any) -> Found:
    try:
        return Found(str(key), Stored(call))
    except ProblemError as problem:
        return Found(str(key), None, str(problem))
    except _ERRORS:
        return Found(str(key), None, "holds no numbers")


def _dictionary(data: bytes) -> dict[Any, Any]:
    """Return the dictionary in an `.npy` of one object."""
    try:
        file = io.BytesIO(data)
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            read = np.lib.format.read_array_header_1_0
        else:
            read = np.lib.format.read_array_header_2_0

        shape, _, dtype = read(file)
        if math.prod(shape) != 1 or dtype != np.dtype(object):
            raise ProblemError("it holds no dictionary of arrays")

        content = _Inert().run(data[file.tell() :])
        (found,) = content.state[4]
    except _ERRORS:
        raise ProblemError("it is damaged or no dictionary of arrays") from None

    if not isinstance(found, dict):
        raise ProblemError("it holds no dictionary of arrays")

    return found


class _Inert:
    """The pickle machine without its power: it builds tuples, lists and
    dictionaries, and notes calls.
    """

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self, data: bytes) -> Any:
        """Return the program's result."""
        for operation, argument, _ in pickletools.genops(data):
            self._step(operation.name, argument)

        return self.stack[-1]

    def _step(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in ("EMPTY_LIST", "EMPTY_DICT"):
            stack.append([] if name == "EMPTY_LIST" else {})
        elif name in _TUPLES:
            count = _TUPLES[name]
            stack[-count:] = [tuple(stack[-count:])]
        elif name == "MARK":
            self.marks.append(len(stack))
        elif name == "TUPLE":
            stack.append(tuple(self._above_mark()))
        elif name in ("APPEND", "APPENDS"):
            if name == "APPEND":
                values = [stack.pop()]
            else:
                values = self._above_mark()

            stack[-1].extend(values)
        elif name in ("SETITEM", "SETITEMS"):
            if name == "SETITEM":
                values = [stack.pop(-2), stack.pop()]
            else:
                values = self._above_mark()

            stack[-1].update(self._pairs(values))
        else:
            self._refer(name, argument)

    def _refer(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name == "MEMOIZE":
            self.memo[len(self.memo)] = stack[-1]
        elif name in ("BINPUT", "LONG_BINPUT"):
            self.memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(self.memo[argument])
        elif name == "GLOBAL":
            stack.append(Name(*argument.split(" ", 1)))
        elif name == "STACK_GLOBAL":
            stack[-2:] = [Name(stack[-2], stack[-1])]
        elif name == "REDUCE":
            stack[-2:] = [Call(stack[-2], stack[-1])]
        elif name == "BUILD":
            state = stack.pop()
            stack[-1].state = state
        elif name not in ("PROTO", "FRAME", "STOP"):
            raise ProblemError(
                f"its pickle does more than hold arrays ({name}): refused"
            )

    def _above_mark(self) -> list[Any]:
        mark = self.marks.pop()
        values = self.stack[mark:]
        del self.stack[mark:]

        return values

    @staticmethod
    def _pairs(values: list[Any]) -> Iterator[tuple[Any, Any]]:
        return zip(values[::2], values[1::2], strict=True)
