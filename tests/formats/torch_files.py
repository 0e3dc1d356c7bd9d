"""PyTorch's files written without PyTorch: zips and old ones, around a pickle
that a test makes.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {
    "float32": "FloatStorage",
    "float64": "DoubleStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
    "uint8": "ByteStorage",
}


class Global:
    """A name that the pickle refers to, and that needn't be anywhere."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name


class Called:
    """A call that the pickle makes, and the state that it sets."""

    def __init__(
        self,
        module: str,
        name: str,
        arguments: tuple[Any, ...] = (),
        state: Any = None,
    ) -> None:
        self.function: Any = Global(module, name)
        self.arguments = arguments
        self.state = state


class Stored:
    """A storage that the pickle refers to by its key."""

    def __init__(
        self, key: str, count: int, kind: str = "FloatStorage"
    ) -> None:
        self.key = key
        self.count = count
        self.kind = kind


class Reference:
    """Anything at all that the pickle refers to."""

    def __init__(self, identity: Any) -> None:
        self.identity = identity


class _Writer(pickle._Pickler):  # type: ignore[misc,name-defined]  # only Python's own is open to this
    """Python's own writer, which also writes names and calls that aren't
    there.
    """

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, Stored):
            kind = Global("torch", obj.kind)
            return ("storage", kind, obj.key, "cpu", obj.count)
        if isinstance(obj, Reference):
            return obj.identity
        return None

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, Global):
            self.write(b"c" + f"{obj.module}\n{obj.name}\n".encode())
        elif isinstance(obj, Called):
            self.save(obj.function)
            self.save(obj.arguments)
            self.write(b"R")
            if obj.state is not None:
                self.save(obj.state)
                self.write(b"b")
        elif isinstance(obj, OrderedDict):
            self.save(Called("collections", "OrderedDict"))
            self.write(b"(")
            for key, value in obj.items():
                self.save(key)
                self.save(value)
            self.write(b"u")
        else:
            super().save(obj, save_persistent_id)


def pickled(value: Any) -> bytes:
    """A pickle of what `torch.save` would write."""
    file = io.BytesIO()
    _Writer(file, 2).dump(value)
    return file.getvalue()


def tensor(
    storage: Stored,
    shape: tuple[Any, ...],
    strides: tuple[Any, ...] | None = None,
    offset: Any = 0,
) -> Called:
    """A tensor of a storage."""
    if strides is None:
        strides = tuple(int(np.prod(shape[k + 1 :])) for k in range(len(shape)))
    arguments = (storage, offset, shape, strides, False, OrderedDict())
    return Called("torch._utils", "_rebuild_tensor_v2", arguments)


def state_dict(
    arrays: Mapping[str, NDArray[Any]],
) -> tuple[OrderedDict[str, Called], dict[str, bytes]]:
    """The tensors of arrays by their names, and the storages they are in."""
    tensors: OrderedDict[str, Called] = OrderedDict()
    storages = {}
    for number, (name, values) in enumerate(arrays.items()):
        kind = STORAGES[values.dtype.name]
        stored = Stored(str(number), values.size, kind)
        tensors[name] = tensor(stored, values.shape)
        storages[str(number)] = values.tobytes()
    return tensors, storages


def module(
    class_name: str,
    parts: Mapping[str, Any],
    old: bool = False,
    **attributes: Any,
) -> Called:
    """A module as `torch.save` pickles it whole: its parameters and the modules
    inside; `class_name` has its place. An old file keeps the text of a class
    beside it.
    """
    place, _, name = class_name.rpartition(".")
    inner = {key: value for key, value in parts.items() if _is_module(value)}
    own = {key: value for key, value in parts.items() if key not in inner}
    state = {
        "training": False,
        "_parameters": OrderedDict(own),
        "_buffers": OrderedDict(),
        "_forward_hooks": OrderedDict(),
        "_modules": OrderedDict(inner),
        **attributes,
    }
    made = Called(place, name, (), state)
    if old:
        identity = ("module", made.function, "/a/file.py", "class A: ...")
        made.function = Reference(identity)
    return made


def _is_module(value: Any) -> bool:
    return isinstance(value.state, dict)


def write_zip(
    path: Path,
    whole: Any,
    storages: Mapping[str, bytes],
    more: Mapping[str, bytes] | None = None,
    method: int = zipfile.ZIP_STORED,
) -> Path:
    """Write a zip as `torch.save` does; a pickle may be given as bytes."""
    data = whole if isinstance(whole, bytes) else pickled(whole)
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("m/data.pkl", data)
        archive.writestr("m/version", b"3\n")
        for key, value in storages.items():
            archive.writestr(f"m/data/{key}", value)
        for name, value in (more or {}).items():
            archive.writestr(name, value)
    return path


def write_old(
    path: Path,
    whole: Any,
    storages: Mapping[str, bytes],
    widths: Mapping[str, int] | None = None,
    keys: Any = None,
    system: Mapping[str, Any] | None = None,
) -> Path:
    """Write a file as PyTorch before 1.6 did; `widths` are the bytes of the
    values of a storage that aren't float32.
    """
    about = {"protocol_version": 1001, "little_endian": True}
    listed = list(storages) if keys is None else keys
    data = b"".join(
        pickled(part)
        for part in (MAGIC, 1001, {**about, **(system or {})}, whole, listed)
    )
    for key, value in storages.items():
        width = (widths or {}).get(key, 4)
        data += struct.pack("<q", len(value) // width) + value
    path.write_bytes(data)
    return path


def lstm_state(
    units: int = 3, reads: int = 2, prefix: str = "rnn."
) -> dict[str, NDArray[Any]]:
    """The parameters of an LSTM."""
    generator = np.random.default_rng(5)
    shapes = {
        "weight_ih_l0": (4 * units, reads),
        "weight_hh_l0": (4 * units, units),
        "bias_ih_l0": (4 * units,),
        "bias_hh_l0": (4 * units,),
    }
    return {
        f"{prefix}{name}": generator.normal(size=shape).astype("f4")
        for name, shape in shapes.items()
    }


def write_safetensors(
    path: Path,
    arrays: Mapping[str, NDArray[Any]],
    change: Mapping[str, Any] | None = None,
    more: bytes = b"",
) -> Path:
    """Write a safetensors file; `change` replaces entries of its header."""
    kinds = {"float32": "F32", "float64": "F64", "int64": "I64"}
    header: dict[str, Any] = {}
    data = b""
    for name, values in arrays.items():
        stored = values.tobytes()
        header[name] = {
            "dtype": kinds[values.dtype.name],
            "shape": list(values.shape),
            "data_offsets": [len(data), len(data) + len(stored)],
        }
        data += stored
    text = json.dumps({**header, **(change or {})}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data + more)
    return path
