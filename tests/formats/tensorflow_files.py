"""TensorFlow's files written byte by byte: tables, bundles, graphs of objects,
sound or not, always with the right checksums.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from rnn_tui.formats.reader.crc32c import extended, mask, masked
from rnn_tui.formats.reader.leveldb_table import MAGIC

DTYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "bool": 10}
TEXT = 7


def varint(number: int) -> bytes:
    """A number in seven bits a byte."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def field(number: int, value: int | bytes) -> bytes:
    """A field of a protobuf message: a number, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def block(entries: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A block of a table, each key whole."""
    content = b"".join(
        varint(0) + varint(len(key)) + varint(len(value)) + key + value
        for key, value in entries
    )
    return content + struct.pack("<II", 0, 1)


def with_sum(content: bytes, kind: int = 0) -> bytes:
    """A block with its trailer."""
    content += bytes([kind])
    return content + struct.pack("<I", masked(memoryview(content)))


def table(
    entries: Mapping[bytes, bytes], content: bytes | None = None, kind: int = 0
) -> bytes:
    """A table of these entries, or of a block as it is given."""
    if content is None:
        content = block(sorted(entries.items()))
    data = with_sum(content, kind)
    handle = varint(0) + varint(len(content))
    empty = block([])
    index = block([(b"\xff", handle)])
    meta_place, index_place = len(data), len(data) + len(empty) + 5
    data += with_sum(empty) + with_sum(index)
    footer = varint(meta_place) + varint(len(empty))
    footer += varint(index_place) + varint(len(index))
    return data + footer.ljust(40, b"\0") + MAGIC


def entry(
    dtype: int,
    shape: Sequence[int],
    offset: int,
    size: int,
    checksum: int,
    shard: int = 0,
) -> bytes:
    """What an index says of a tensor."""
    sides = b"".join(
        field(2, field(1, side) if side else b"") for side in shape
    )
    found = field(1, dtype) + field(2, sides)
    if shard:
        found += field(3, shard)
    if offset:
        found += field(4, offset)
    if size:
        found += field(5, size)
    return found + varint(6 << 3 | 5) + struct.pack("<I", checksum)


def texts(values: Sequence[bytes]) -> tuple[bytes, int]:
    """Texts as a bundle stores them, and their checksum."""
    sums = 0
    for value in values:
        sums = extended(sums, memoryview(struct.pack("<I", len(value))))
    between = struct.pack("<I", mask(sums))
    behind = between + b"".join(values)
    lengths = b"".join(varint(len(value)) for value in values)
    return lengths + behind, mask(extended(sums, memoryview(behind)))


HEADER = field(1, 1) + field(3, field(1, 1))


def write_bundle(
    stem: Path,
    tensors: Mapping[str, np.ndarray | bytes],
    more: Mapping[bytes, bytes] | None = None,
    header: bytes = HEADER,
) -> None:
    """Write a checkpoint: arrays, and texts of one element; `more` replaces
    entries.
    """
    data = b""
    entries = {b"": header}
    for name, value in tensors.items():
        if isinstance(value, bytes):
            stored, checksum = texts([value])
            dtype, shape = TEXT, ()
        else:
            stored, checksum = (
                value.tobytes(),
                masked(memoryview(value.tobytes())),
            )
            dtype, shape = DTYPES[value.dtype.name], value.shape
        entries[name.encode()] = entry(
            dtype, shape, len(data), len(stored), checksum
        )
        data += stored

    stem.parent.mkdir(parents=True, exist_ok=True)
    stem.with_name(f"{stem.name}.index").write_bytes(
        table(entries | (more or {}))
    )
    stem.with_name(f"{stem.name}.data-00000-of-00001").write_bytes(data)


Objects = Sequence[tuple[Mapping[str, int], Mapping[str, str]]]


def object_graph(nodes: Objects, named: bool = False) -> bytes:
    """A checkpoint's graph of objects: for each its children and its keys,
    which are the variables' names too where they are `named`.
    """
    graph = b""
    for children, keys in nodes:
        node = b"".join(
            field(1, field(1, child) + field(2, name.encode()))
            for name, child in children.items()
        )
        for name, key in keys.items():
            attribute = field(1, name.encode()) + field(3, key.encode())
            if named:
                attribute += field(2, key.encode())
            node += field(2, attribute)
        graph += field(1, node)
    return graph


def lstm_checkpoint(
    stem: Path, more: Mapping[str, bytes] | None = None
) -> None:
    """Write a checkpoint of a Sequential with an LSTM of 3 units that reads
    2.
    """
    generator = np.random.default_rng(5)
    key = "layer_with_weights-0/cell/{}/.ATTRIBUTES/VARIABLE_VALUE"
    names = {"kernel": (2, 12), "recurrent_kernel": (3, 12), "bias": (12,)}
    arrays = {
        key.format(name): generator.normal(size=shape).astype("f4")
        for name, shape in names.items()
    }
    nodes: list[tuple[dict[str, int], dict[str, str]]] = [
        ({"layer_with_weights-0": 1}, {}),
        ({"cell": 2}, {}),
        ({name: 3 + k for k, name in enumerate(names)}, {}),
        *(({}, {"VARIABLE_VALUE": name}) for name in arrays),
    ]
    graph = {"_CHECKPOINTABLE_OBJECT_GRAPH": object_graph(nodes)}
    write_bundle(stem, {**arrays, **graph, **(more or {})})
