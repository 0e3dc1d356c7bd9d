"""NumPy's files, .npy and .npz: looked at before NumPy reads them, since it believes what they declare."""

from __future__ import annotations

import os
import zipfile
import zlib
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.errors import SequenceError
from rnn_tui.text import clean

LARGEST = 1 << 30
"""Bytes that the arrays of an archive may take together."""
LONGEST_HEADER = 10_000
"""Bytes of the text that says what an array is, as NumPy reads them; its own have some hundred."""

BROKEN = (ValueError, EOFError, zipfile.BadZipFile, zlib.error, KeyError, RuntimeError)
"""What is raised for a file that is damaged, locked with a password or none of NumPy's."""


def load_array(file: IO[bytes] | os.PathLike[str], *, mapped: bool = False) -> Any:
    """Return what a .npy file holds, `mapped` where it lies. Raises one of BROKEN, MemoryError or OSError."""
    if isinstance(file, os.PathLike):
        with open(file, "rb") as source:
            _check_header(source.read(12))
    else:
        start = file.tell()
        _check_header(file.read(12))
        file.seek(start)
    try:
        return np.load(file, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (TypeError, OverflowError):  # a shape of other things than whole numbers
        raise ValueError("its header is none that NumPy writes") from None


def load_members(file: IO[bytes]) -> dict[str, NDArray[Any]]:
    """Return the arrays of a .npz file by name, each looked at before it is unpacked. Raises as `load_array`."""
    with zipfile.ZipFile(file) as archive:
        if sum(member.file_size for member in archive.infolist()) > LARGEST:
            raise SequenceError(f"its arrays take more than {LARGEST >> 20:,} MB; give .npy files instead")
        for member in archive.infolist():
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"{clean(member.filename)} is packed in a way NumPy never uses")
            with archive.open(member) as inner:
                _check_header(inner.read(12))
    file.seek(0)
    try:
        with np.load(file, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except (TypeError, OverflowError):
        raise ValueError("the header of an array is none that NumPy writes") from None


def _check_header(head: bytes) -> None:
    """Raise ValueError when the text that a .npy file begins with is longer than any NumPy writes."""
    if not head.startswith(b"\x93NUMPY"):
        raise ValueError("it doesn't begin as NumPy's arrays do")
    length = int.from_bytes(head[8:10] if head[6:7] == b"\x01" else head[8:12], "little")
    if length > LONGEST_HEADER:
        raise ValueError(f"its header is {length:,} bytes long: refused")
