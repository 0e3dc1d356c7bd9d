"""The reading process: a file on standard input, a shared file on standard
output, nothing else.

Of a model that is a folder, its other members come as descriptors whose numbers
the request gives.

It parses and describes; it never judges what a model is. Whatever it says is
checked again by the parent.
"""

from __future__ import annotations

import gc
import importlib
import io
import mmap
import os
import platform
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO

from rnn_tui.formats.reader.sandbox import confine, end_after
from rnn_tui.formats.reader.sniff import sniff
from rnn_tui.formats.wire import protocol as exchange
from rnn_tui.formats.wire.file_slice import Window
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError

if TYPE_CHECKING:
    from rnn_tui.formats.reader.contents import Contents
    from rnn_tui.formats.wire.keras_members import Members

_TENSORFLOW = ("savedmodel", "checkpoint", "tfjs")
"""Models that are several files."""
_IN_HDF5 = ("keras-h5", "keras-zip", "keras-folder", "weights-h5")
"""Containers whose arrays HDF5 reads."""
OPENSSL_PAYS = 4 << 20
"""Bytes from which on OpenSSL is worth its loading."""


def main() -> None:
    """Read the request, answer it, end; the exit status is 0 whenever there is
    an answer.
    """
    gc.disable()  # a short life leaves next to no garbage
    source: BinaryIO = os.fdopen(os.dup(0), "rb", buffering=0)
    with os.fdopen(os.dup(1), "r+b", buffering=0) as shared:
        request = exchange.unpack(shared)
        end_after(request["seconds"])
        room = mmap.mmap(shared.fileno(), request["room"])

    try:
        message = answer(source, request, room)
    except ProblemError as problem:
        message = exchange.pack({"error": str(problem)})
    except (MemoryError, RecursionError):
        message = exchange.pack(
            {
                "error": (
                    "needs more memory than allowed; --max-memory raises the "
                    "limit"
                )
            }
        )

    room[: len(message)] = message
    room.flush()
    # Nothing is left to do, and a damaged file may make HDF5 stumble while it
    # closes.
    os._exit(0)


def answer(source: BinaryIO, request: dict[str, Any], room: mmap.mmap) -> bytes:
    """Return the packed answer to a request, the arrays it speaks of already in
    `room`.
    """
    limits = Limits(**request["limits"])
    size: int = request["first"]["size"]
    if request["size"] <= limits.in_memory:
        whole = Window(source, 0, size).read(size)
        source = io.BytesIO(whole)

    kind = request["kind"]
    if kind == "tfjs":
        kind = _kind_of_json(source, request, limits)
    if kind == "file":
        kind = sniff(source, size)

    _prepare()
    confined = _confined(request, limits)
    if kind == "shards":
        from rnn_tui.formats.reader.shard_index import names_of_shards

        confined()
        return exchange.pack({"shards": names_of_shards(source, limits)})

    contents = _contents(kind, source, request, limits, confined)
    asked = request["do"]
    if asked == "vocabulary":
        length = _vocabulary(contents, request["name"], room)
        return exchange.pack({"bytes": length})

    if asked == "read":
        keys: list[str] = request["keys"]
        places = contents.fill(room, keys, limits)
        problems = contents.problems(keys)
        return exchange.pack({"values": places, "problems": problems})

    places = contents.fill(room, None, limits)
    message = contents.message()
    if contents.container in _IN_HDF5:
        from rnn_tui.formats.reader.hdf5 import LIBRARY

        message["facts"] = {"hdf5": LIBRARY, **message["facts"]}

    if kind not in _TENSORFLOW and size <= limits.hashed:
        message["facts"]["sha256"] = _sha256(source, size)

    try:
        return exchange.pack({**message, "values": places})
    except ValueError as error:
        raise ProblemError(str(error)) from None


def _confined(request: dict[str, Any], limits: Limits) -> Callable[[], None]:
    """Return the function that confines this process to the memory and the time
    that the request allows.
    """
    size = request["size"]
    room = request["room"]

    return partial(
        confine,
        request["memory"],
        limits.cpu_limit(size, room),
        limits.cpu_between_steps(size, room),
    )


def _contents(
    kind: str,
    source: BinaryIO,
    request: dict[str, Any],
    limits: Limits,
    confined: Callable[[], None],
) -> Contents:
    """Return what the files of a request hold; the process is `confined` when
    all is imported and before the first byte is parsed.
    """
    size: int = request["first"]["size"]
    if kind in ("zip", "unpacked"):
        return _of_archive(source, request, limits, confined)

    if kind == "torch":
        from rnn_tui.formats.reader.torch_file import read_torch

        confined()
        return read_torch(None, source, size, limits)

    if kind == "safetensors":
        from rnn_tui.formats.reader.safetensors_file import read_safetensors

        confined()
        return read_safetensors(source, size, limits)

    if kind in _TENSORFLOW:
        from rnn_tui.formats.reader.tensorflow_files import read_tensorflow

        confined()
        return read_tensorflow(source, request, limits)

    from rnn_tui.formats.reader.contents import read_hdf5

    confined()

    return read_hdf5(source, size, limits)


def _of_archive(
    source: BinaryIO,
    request: dict[str, Any],
    limits: Limits,
    confined: Callable[[], None],
) -> Contents:
    """Return what an archive holds: Keras's, packed or not, or PyTorch's."""
    from rnn_tui.formats.reader.keras_zip import Archive, is_torch
    from rnn_tui.formats.reader.zip_contents import read_archive, vocabularies

    confined()
    archive = _archive(source, limits, request)
    if request["do"] == "vocabulary":
        return vocabularies(archive, limits)

    if isinstance(archive, Archive) and is_torch(archive.names()):
        from rnn_tui.formats.reader.torch_file import read_torch

        return read_torch(archive, source, request["size"], limits)

    return read_archive(archive, request["size"], limits, request["do"])


def _kind_of_json(
    source: BinaryIO,
    request: dict[str, Any],
    limits: Limits,
) -> str:
    """Return `tfjs` for JSON that lists weights; any other that has files of
    weights beside it is a file by itself.
    """
    from rnn_tui.formats.reader.tensorflow_js import lists_weights

    if lists_weights(source, request["first"]["size"], limits):
        return "tfjs"

    return "file"


def _prepare() -> None:
    """Make NumPy and h5py load sooner than they would: no docstrings, no
    `uname`.
    """
    for name in (
        "numpy._core._add_newdocs",
        "numpy._core._add_newdocs_scalars",
    ):
        # they only write docstrings, in a tenth of the time
        sys.modules[name] = ModuleType(name)

    # h5py asks for the processor's name, for which Python would start the
    # program `uname`.
    vars(platform.uname())["processor"] = platform.machine()


def _archive(
    source: BinaryIO,
    limits: Limits,
    request: dict[str, Any],
) -> Members:
    """Return the `.keras` archive on standard input, or the members of one that
    was unpacked.
    """
    if request["kind"] == "unpacked":
        from rnn_tui.formats.reader.unpacked_keras import Unpacked

        return Unpacked.of(source, request, limits)

    from rnn_tui.formats.reader.keras_zip import open_archive

    return open_archive(source, limits, request["sure"])


def _vocabulary(contents: Contents, name: str, room: mmap.mmap) -> int:
    """Copy a vocabulary to where the parent looks for it and return how long it
    is.
    """
    if contents.read_vocabulary is None:
        raise ProblemError("holds no vocabulary")

    data = contents.read_vocabulary(name)
    room[exchange.ARRAYS : exchange.ARRAYS + len(data)] = data

    return len(data)


def _sha256(source: BinaryIO, size: int) -> str:
    source.seek(0)
    digest = _digest(size)
    while block := source.read(1 << 20):
        digest.update(block)

    return str(digest.hexdigest())


def _digest(size: int) -> Any:
    """Return Python's own SHA-256 for a small file: OpenSSL's is faster, but
    takes longer to load than to use here.
    """
    for module in ("_sha2", "_sha256") if size < OPENSSL_PAYS else ():
        with suppress(ImportError):
            return importlib.import_module(module).sha256()

    return importlib.import_module("hashlib").sha256()
