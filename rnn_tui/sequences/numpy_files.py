"""NumPy's files, .npy and .npz, as arrays: nothing they declare is believed
before it is held against the file.

The values are copied, into memory or (beyond some megabytes) into a nameless
file: a file that is changed while it is explored must neither change the
numbers nor end the program, as it could if it were mapped where it is.
"""

from __future__ import annotations

import io
import os
import sys
import zipfile
import zlib
from collections.abc import Callable, Collection, Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.memory.large_arrays import BLOCK, release, roomy
from rnn_tui.errors import SequenceError
from rnn_tui.sequences import limits
from rnn_tui.sequences.limits import megabytes
from rnn_tui.sequences.npy_header import CHARACTER_BYTES, Header, read_header
from rnn_tui.text import clean

BROKEN = (
    ValueError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    RuntimeError,
)
"""The exceptions for an archive that is damaged or locked with a password."""

PIECE = 1 << 20
"""Bytes that are unpacked at a time."""

ENCRYPTED = 1
"""The flag of a member that needs a password."""


def load_array(
    file: IO[bytes] | io.RawIOBase,
    *,
    texts: bool = False,
) -> NDArray[Any]:
    """Return the array in a .npy file, read from the position of `file`:
    numbers, or `texts` where those are wanted, too.

    Raises SequenceError, OSError or MemoryError.
    """
    header = read_header(file.read, texts=texts)
    start = file.tell()
    held = file.seek(0, os.SEEK_END) - start
    _check_length(header, held)
    file.seek(start)
    if header.is_text:
        return _texts(header, file)

    return _filled(header, lambda view: _read_into(file, view))


def load_members(
    file: IO[bytes] | io.RawIOBase,
    choose: Callable[[Sequence[str]], Collection[str]] | None = None,
) -> dict[str, NDArray[Any]]:
    """Return the arrays of a .npz file by name; `choose` says which of the
    names are read, all without it.

    Raises SequenceError, one of BROKEN, OSError or MemoryError.
    """
    size = file.seek(0, os.SEEK_END)
    with zipfile.ZipFile(Archive(file, size)) as archive:
        members = _members(archive)
        if choose is not None:
            chosen = set(choose(list(members)))
            members = {
                name: info for name, info in members.items() if name in chosen
            }

        _check_sizes(members.values(), size)
        return {name: _member(archive, info) for name, info in members.items()}


def member_headers(
    file: IO[bytes] | io.RawIOBase,
    choose: Callable[[Sequence[str]], Collection[str]],
) -> dict[str, Header]:
    """Return the headers of the arrays that `choose` picks; their values aren't
    unpacked. Raises as `load_members`.
    """
    size = file.seek(0, os.SEEK_END)
    with zipfile.ZipFile(Archive(file, size)) as archive:
        members = _members(archive)
        chosen = choose(list(members))
        found: dict[str, Header] = {}
        for name in chosen:
            with archive.open(members[name]) as inner:
                found[name] = read_header(inner.read)

        return found


class Archive(io.RawIOBase):
    """A zip archive's file as `zipfile` may read it: no more at once than the
    longest list of members.
    """

    def __init__(self, file: IO[bytes] | io.RawIOBase, size: int) -> None:
        self._file = file
        self._size = size
        self._place = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True: the list of members is at the end."""
        return True

    def tell(self) -> int:
        """Return the reading position."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the reading position."""
        base = {
            os.SEEK_SET: 0,
            os.SEEK_CUR: self._place,
            os.SEEK_END: self._size,
        }[whence]
        if base + offset < 0:
            raise ValueError("a position before the beginning")

        self._place = base + offset

        return self._place

    def read(self, count: int = -1) -> bytes:
        """Return so many bytes.

        Raises SequenceError when an archive's list of members is longer than
        any sound one.
        """
        left = max(0, self._size - self._place)
        if count < 0:
            count = left
        else:
            count = min(count, left)

        if count > limits.DIRECTORY_BYTES:
            raise SequenceError(_too_many_members())

        self._file.seek(self._place)
        data = self._file.read(count) or b""
        self._place += len(data)

        return data


def _too_many_members() -> str:
    return (
        f"it holds more arrays than are read, {limits.MEMBERS:,}; save those "
        "that are needed"
    )


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the members that are arrays by their names, each checked."""
    found = archive.infolist()
    if len(found) > limits.MEMBERS:
        raise SequenceError(_too_many_members())

    members: dict[str, zipfile.ZipInfo] = {}
    for info in found:
        if not info.filename.endswith(".npy"):
            continue

        name = info.filename.removesuffix(".npy")
        shown = clean(name, 60)
        if name in members:
            raise SequenceError(f"it holds two arrays of the name {shown!r}")
        if info.flag_bits & ENCRYPTED:
            raise SequenceError(
                f"its array {shown!r} needs a password; save it without one"
            )
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SequenceError(
                f"its array {shown!r} is packed in a way NumPy never uses"
            )

        members[name] = info

    return members


def _check_sizes(members: Collection[zipfile.ZipInfo], file_bytes: int) -> None:
    """Raise SequenceError when the members unpack to more than is read, or than
    such a file can soundly hold.
    """
    declared = sum(info.file_size for info in members)
    if declared > limits.ARRAY_BYTES:
        most = megabytes(limits.ARRAY_BYTES)
        raise SequenceError(
            f"its arrays take {megabytes(declared)}; at most {most} are read "
            "at once: give .npy files instead"
        )

    if declared > max(limits.UNPACKED_BYTES, limits.EXPANSION * file_bytes):
        raise SequenceError(
            f"its {megabytes(file_bytes)} unpack to {megabytes(declared)}: "
            "refused as a bomb; numpy.savez doesn't pack"
        )


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    """Return one array, unpacked piece by piece; zipfile compares its checksum
    when it comes to its end.
    """
    name = clean(info.filename.removesuffix(".npy"), 60)
    try:
        with archive.open(info) as inner:
            header = read_header(inner.read)
            _check_length(header, info.file_size - header.length)
            values = _filled(header, lambda view: _read_into(inner, view))
            while inner.read(
                PIECE
            ):  # what follows the values belongs to the checksum
                pass

            return values
    except SequenceError as error:
        raise SequenceError(f"array {name!r}: {error}") from None


def _check_length(header: Header, held: int) -> None:
    """Raise SequenceError when a file holds fewer bytes than its header
    declares.
    """
    if header.bytes > held:
        raise SequenceError(
            f"it declares {header.bytes:,} bytes of values, shape "
            f"{clean(header.shape, 60)}, and holds {max(0, held):,}"
        )


def _filled(header: Header, fill: Callable[[memoryview], None]) -> NDArray[Any]:
    """Return an array whose bytes `fill` writes, in the machine's own byte
    order.
    """
    is_bool = header.dtype[1] == "b"
    if is_bool:
        stored = np.dtype("u1")
    else:
        stored = np.dtype(header.dtype)

    flat = roomy((header.items,), stored.newbyteorder("="))
    step = BLOCK // stored.itemsize
    for start in range(0, header.items, step):
        part = flat[start : start + step]
        fill(part.view(np.uint8).data)
        if not stored.isnative:
            part.byteswap(inplace=True)

        if is_bool:
            # any other byte would be neither true nor false
            np.minimum(part, 1, out=part)

        release(flat)

    if is_bool:
        return _shaped(flat.view(np.bool_), header)

    return _shaped(flat, header)


def _shaped(flat: NDArray[Any], header: Header) -> NDArray[Any]:
    """Return values in the header's shape and order of axes."""
    if header.fortran_order:
        return flat.reshape(header.shape, order="F")

    return flat.reshape(header.shape)


def _texts(header: Header, file: IO[bytes] | io.RawIOBase) -> NDArray[Any]:
    """Return an array of texts as Python's own.

    Raises SequenceError where they are too long, or no texts.
    """
    length = header.item_bytes // CHARACTER_BYTES
    characters = header.items * length
    if not characters:
        raise SequenceError("it holds no text")

    most = limits.TEXT_CHARACTERS
    if characters > most:
        raise SequenceError(
            f"its texts have {characters:,} characters; at most {most:,} are "
            "read"
        )

    as_codes = Header(
        f"{header.dtype[0]}u4",
        False,
        (characters,),
        header.length,
    )
    codes = _filled(as_codes, lambda view: _read_into(file, view))
    is_surrogate = (codes >= 0xD800) & (codes <= 0xDFFF)
    is_beyond = codes > sys.maxunicode
    if is_surrogate.any() or is_beyond.any():
        raise SequenceError(
            "its texts hold what is no character: it is damaged"
        )

    texts = codes.view(f"U{length}").astype(object)

    return _shaped(texts, header)


def _read_into(file: IO[bytes] | io.RawIOBase, view: memoryview) -> None:
    """Fill `view` from a file. Raises SequenceError when that ends before."""
    done = 0
    while done < len(view):
        data = file.read(min(PIECE, len(view) - done))
        if not data:
            raise SequenceError(
                "it ends before its values do: it is damaged or has just "
                "changed"
            )

        view[done : done + len(data)] = data
        done += len(data)
