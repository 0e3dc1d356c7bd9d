"""TensorFlow's bundle of tensors: an index, NAME.index, and the bytes in
NAME.data-00000-of-00001, …

The index says of every tensor its type, its shape, its place and its checksum.
All of that is held against the files before anything is read; the checksum is
compared when a tensor's values are, so that listing a large model reads none of
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from rnn_tui.formats.reader.bundle_slices import (
    Extent,
    Slice,
    join,
    slice_key,
    tiled,
)
from rnn_tui.formats.reader.crc32c import extended, mask, masked
from rnn_tui.formats.reader.layouts import Values
from rnn_tui.formats.reader.leveldb_table import read_table
from rnn_tui.formats.reader.open_files import OpenFiles
from rnn_tui.formats.reader.protobuf import (
    Fields,
    bytes_of,
    number_of,
    signed,
    varint,
)
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import AGAIN, ProblemError, said_of
from rnn_tui.formats.wire.protocol import array_bytes

_DTYPES = {
    1: "float32",
    2: "float64",
    3: "int32",
    4: "uint8",
    5: "int16",
    6: "int8",
    9: "int64",
    10: "bool",
    14: "bfloat16",
    17: "uint16",
    19: "float16",
    22: "uint32",
    23: "uint64",
}
"""TensorFlow's numbers of the types that are numbers."""
_STRING = 7
_LENGTHS_CHECKED = 4
"""Bytes of the checksum between the lengths of texts and the texts."""
_SMALL = 1 << 32
"""Lengths below which TensorFlow checksums them as four bytes."""
DATA = "{stem}.data-{shard:05d}-of-{shards:05d}"


class Entry(NamedTuple):
    """The index's entry of one tensor."""

    dtype: int = 0
    shape: tuple[int, ...] = ()
    shard: int = 0
    offset: int = 0
    size: int = 0
    checksum: int = 0
    slices: tuple[Slice, ...] = ()


@dataclass
class Tensor(Values):
    """A tensor of numbers, its place checked."""

    bundle: Bundle
    entry: Entry
    called: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int

    def read_into(self, buffer: memoryview) -> None:
        """Fill `buffer` with the values; ProblemError when they are damaged."""
        if not self.bundle.fill(self.entry, buffer):
            raise ProblemError(
                f"the values of {self.called!r} don't have the checksum that "
                f"they were written with: they are damaged; {AGAIN}"
            )


@dataclass
class Partitioned(Values):
    """A tensor whose values are in several slices, which fill it exactly."""

    parts: list[tuple[Slice, Tensor]]
    dtype: str
    shape: tuple[int, ...]
    bytes: int

    def read_into(self, buffer: memoryview) -> None:
        """Fill `buffer` with the values of all slices, each in its place."""
        for part, tensor in self.parts:
            data = bytearray(tensor.bytes)
            tensor.read_into(memoryview(data))
            join(buffer, self.shape, self.dtype, part, data)


class Bundle:
    """An open bundle: `stem` is its name, without `.index`."""

    def __init__(self, files: OpenFiles, stem: str, limits: Limits) -> None:
        self._files = files
        self._stem = stem
        self._limits = limits
        self._fields = Fields(limits.fields)
        try:
            table = read_table(
                files.whole(f"{stem}.index", limits.in_memory),
                limits,
            )
            self._shards = self._read_header(table.pop(b"", None))
        except ProblemError as problem:
            raise ProblemError(
                said_of(f"its {stem}.index", str(problem))
            ) from None

        self._entries = {
            key: self._parsed(value) for key, value in table.items()
        }
        self._refuse_shared_bytes()

    def _read_header(self, header: memoryview | None) -> int:
        """Return in how many files the values are, as the header says."""
        if header is None:
            raise ProblemError("is a table, but no index of a checkpoint")

        shards, big_endian = 1, False
        for number, value in self._fields.of(header):
            if number == 1:
                shards = number_of(value)
            elif number == 2:
                big_endian = number_of(value) == 1

        if big_endian:
            raise ProblemError(
                "is that of a checkpoint of a big-endian machine, which isn't "
                "read"
            )

        return shards

    def _parsed(self, message: memoryview) -> Entry | ProblemError:
        """Return the index's entry of a tensor, or its fault."""
        try:
            return _parsed(self._fields, message, self._limits)
        except ProblemError as problem:
            return problem

    def _refuse_shared_bytes(self) -> None:
        """Refuse tensors that overlap: a small file could declare any amount of
        them.
        """
        places = sorted(
            (entry.shard, entry.offset, entry.size)
            for entry in self._entries.values()
            if isinstance(entry, Entry) and entry.size
        )
        for (shard, offset, size), (other, behind, _) in pairwise(places):
            if shard == other and offset + size > behind:
                raise ProblemError(
                    f"its {self._stem}.index gives two variables the same "
                    "bytes: refused"
                )

    def refuse_pointers(self) -> None:
        """Refuse files that Git LFS left in the place of those with the
        values.
        """
        for shard in range(min(self._shards, len(self._files.names()))):
            name = self._name_of(shard)
            if self._files.has(name):
                self._refuse_pointer(name)

    def names(self) -> list[str]:
        """Return the names of all tensors in their order; slices of them have
        none.
        """
        return [
            key.decode("utf-8", "surrogateescape")
            for key in self._entries
            if not key.startswith(b"\0")
        ]

    def has(self, name: str) -> bool:
        """Say whether there is a tensor of that name."""
        return _key(name) in self._entries

    def is_text(self, name: str) -> bool:
        """Say whether a tensor holds texts."""
        entry = self._entries.get(_key(name))
        return isinstance(entry, Entry) and entry.dtype == _STRING

    def tensor(self, name: str, called: str = "") -> Values:
        """Return a tensor of numbers, `called` so where it must be named.

        Raises ProblemError, with the shape where it is known, when it can't be
        read.
        """
        entry = self._entry(_key(name))
        called = called or name.partition("/.ATTRIBUTES/")[0]
        try:
            if entry.slices:
                return self._partitioned(name, entry, called)

            return self._whole(entry, called)
        except ProblemError as problem:
            problem.shape = entry.shape
            raise

    def _whole(self, entry: Entry, called: str) -> Tensor:
        dtype = _DTYPES.get(entry.dtype)
        if dtype is None:
            raise ProblemError(_not_numbers(entry.dtype))

        size = array_bytes(entry.shape, dtype)
        if size != entry.size:
            raise ProblemError(
                f"declares {size:,} bytes and has {entry.size:,}; {AGAIN}"
            )

        self._check_place(entry)

        return Tensor(self, entry, called, dtype, entry.shape, size)

    def _partitioned(self, name: str, whole: Entry, called: str) -> Partitioned:
        """Return a tensor of slices, each of which has a key of its own."""
        dtype = _DTYPES.get(whole.dtype)
        if dtype is None:
            raise ProblemError(_not_numbers(whole.dtype))

        tiled(whole.shape, whole.slices)
        parts = []
        for part in whole.slices:
            entry = self._entry(slice_key(name, part))
            if entry.dtype != whole.dtype or entry.shape != part.shape(
                whole.shape
            ):
                raise ProblemError(f"has a slice that doesn't fit it; {AGAIN}")

            parts.append((part, self._whole(entry, called)))

        size = array_bytes(whole.shape, dtype)

        return Partitioned(parts, dtype, whole.shape, size)

    def texts(self, name: str, most: int) -> list[bytes]:
        """Return a tensor of texts, which may take so many bytes, its checksum
        compared.
        """
        entry = self._entry(_key(name))
        if entry.dtype != _STRING or entry.slices:
            raise ProblemError("holds no texts")
        if entry.size > most:
            raise ProblemError(f"holds texts of more than {most:,} bytes")

        self._check_place(entry)
        name = self._file_of(entry)
        data = self._files.part(name, entry.offset, entry.size)
        count = 1
        for side in entry.shape:
            count *= side

        if count > entry.size:
            raise ProblemError(f"declares more texts than it holds; {AGAIN}")

        try:
            return _texts(data, count, entry.checksum)
        except ProblemError as problem:
            raise ProblemError(said_of(f"its {name}", str(problem))) from None

    def fill(self, entry: Entry, buffer: memoryview) -> bool:
        """Fill `buffer` with the bytes of a tensor; return whether their
        checksum is right.
        """
        self._files.read_into(self._file_of(entry), entry.offset, buffer)
        return masked(buffer) == entry.checksum

    def _entry(self, key: bytes) -> Entry:
        found = self._entries.get(key)
        if found is None:
            raise ProblemError(f"is missing from the file; {AGAIN}")
        if isinstance(found, ProblemError):
            raise ProblemError(str(found))

        return found

    def _file_of(self, entry: Entry) -> str:
        """Return the name of the file that holds a tensor: made from its
        number, never read from a file.
        """
        name = self._name_of(entry.shard)
        if entry.shard >= self._shards or not self._files.has(name):
            raise ProblemError(f"is in the file {name}, which is missing")

        return name

    def _name_of(self, shard: int) -> str:
        return DATA.format(stem=self._stem, shard=shard, shards=self._shards)

    def _refuse_pointer(self, name: str) -> None:
        head = self._files.part(name, 0, min(64, self._files.bytes_of(name)))
        self._files.refuse_pointer(name, bytes(head))

    def _check_place(self, entry: Entry) -> None:
        """Refuse a place that isn't within its file."""
        name = self._file_of(entry)
        if entry.offset + entry.size > self._files.bytes_of(name):
            self._refuse_pointer(name)
            raise ProblemError(f"is beyond the end of {name}: it is cut short")


def _key(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _parsed(fields: Fields, message: memoryview, limits: Limits) -> Entry:
    """Return an entry of the index; a field that it leaves out is zero."""
    found = Entry()
    slices: list[Slice] = []
    for number, value in fields.of(message):
        if number == 1:
            found = found._replace(dtype=number_of(value))
        elif number == 2:
            found = found._replace(
                shape=_shape(fields, bytes_of(value), limits)
            )
        elif number == 3:
            found = found._replace(shard=number_of(value))
        elif number == 4:
            found = found._replace(offset=number_of(value))
        elif number == 5:
            found = found._replace(size=number_of(value))
        elif number == 6:
            found = found._replace(checksum=number_of(value))
        elif number == 7:
            slices.append(_slice(fields, bytes_of(value)))

    return found._replace(slices=tuple(slices))


def _shape(
    fields: Fields,
    message: memoryview,
    limits: Limits,
) -> tuple[int, ...]:
    sides = []
    for number, value in fields.of(message):
        if number == 3 and value:
            raise ProblemError("has no shape")
        if number != 2:
            continue

        side = 0
        for inner, size in fields.of(bytes_of(value)):
            if inner == 1:
                side = signed(size)

        if not 0 <= side < 1 << 48:
            raise ProblemError(f"declares a side of {side:,} values")

        sides.append(side)

    if len(sides) > limits.rank:
        raise ProblemError(f"declares {len(sides)} axes")

    return tuple(sides)


def _slice(fields: Fields, message: memoryview) -> Slice:
    extents = []
    for number, value in fields.of(message):
        if number != 1:
            continue

        start, length = 0, -1
        for inner, given in fields.of(bytes_of(value)):
            if inner == 1:
                start = signed(given)
            elif inner == 2:
                length = signed(given)

        extents.append(Extent(start, length))

    return Slice(tuple(extents))


def _texts(data: memoryview, count: int, checksum: int) -> list[bytes]:
    """Return texts as they are stored: their lengths, a checksum of these, then
    one behind the other.
    """
    lengths = []
    place = 0
    sums = 0
    for _ in range(count):
        length, place = varint(data, place)
        lengths.append(length)
        width = 8
        if length < _SMALL:
            width = 4

        length_bytes = length.to_bytes(width, "little")
        sums = extended(sums, memoryview(length_bytes))

    checksum_at = place
    place += _LENGTHS_CHECKED
    stored = data[checksum_at:place]
    if int.from_bytes(stored, "little") != mask(sums):
        raise ProblemError(_wrong_checksum())

    of_texts = extended(sums, data[checksum_at:])
    if mask(of_texts) != checksum:
        raise ProblemError(_wrong_checksum())
    if sum(lengths) != len(data) - place:
        raise ProblemError(f"holds texts that are cut short; {AGAIN}")

    texts = []
    for length in lengths:
        behind = place + length
        texts.append(bytes(data[place:behind]))
        place = behind

    return texts


def _not_numbers(dtype: int) -> str:
    if dtype == _STRING:
        return "holds texts, not numbers"

    return f"holds values of TensorFlow's type {dtype}, not numbers"


def _wrong_checksum() -> str:
    return f"is damaged: its checksum is wrong; {AGAIN}"
