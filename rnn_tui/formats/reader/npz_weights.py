"""The weights of a `.keras` archive in NumPy's format (`model.weights.npz`),
without unpickling anything.

Keras stores a dictionary of arrays for each layer, which NumPy can only write
as a pickle. A pickle is a program, which is never run: see `inert_pickle`.
"""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any

import numpy as np

from rnn_tui.formats.reader.inert_pickle import Call, Inert
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
_ERRORS = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    EOFError,
    UnicodeError,
)


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
    most = archive.limits.pickle_steps
    for member in members:
        path = member.removesuffix(".npy")
        layer = Layer("" if path == "__root__" else path)
        try:
            layer.arrays = [
                _found(key, call)
                for key, call in _dictionary(inner.data(member), most).items()
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


def _dictionary(data: bytes, most: int) -> dict[Any, Any]:
    """Return the dictionary in an `.npy` of one object, a pickle of at most so
    many instructions.
    """
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

        content = Inert(data[file.tell() :], most).run()
        (found,) = content.state[4]
    except _ERRORS:
        raise ProblemError("it is damaged or no dictionary of arrays") from None

    if not isinstance(found, dict):
        raise ProblemError("it holds no dictionary of arrays")

    return found
