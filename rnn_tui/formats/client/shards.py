"""Weights that Keras split over several files: an index `NAME.weights.json` and
`NAME_00000.weights.h5`, … beside it.

Each shard is read as any file is, in a process of its own; only shards beside
the index, named as Keras names them, are ever opened.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from rnn_tui.errors import FileError
from rnn_tui.formats.data.description import (
    FileDescription,
    StoredArray,
    StoredGroup,
)
from rnn_tui.formats.wire.natural_order import natural
from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_SMALL, LARGE = 32, 64 << 20
"""Shards of any size that are read, and the bytes that make room for another:
each takes a process of its own.
"""

SHARD_BITS = 64
"""Bits of an address within a shard."""
SHARD = re.compile(r"[^/\\\0]+_\d{5}\.weights\.h5")


def describe_shards(
    path: str,
    names: list[str],
    size: int,
    read: Callable[[str], FileDescription],
) -> FileDescription:
    """Return the weights of all shards as one description; FileError when a
    shard is missing or elsewhere.
    """
    parts = _read_shards(path, names, read)

    groups: dict[str, StoredGroup] = {}
    warnings: list[str] = []
    for index, part in enumerate(parts):
        warnings += part.warnings
        for group in part.groups:
            numbered = _numbered(group, index)
            groups[group.name] = _joined(groups.get(group.name), numbered)

    first = parts[0]
    facts = {"shards": str(len(parts))}
    if "hdf5" in first.facts:
        facts["hdf5"] = first.facts["hdf5"]

    names_in_order = sorted(groups, key=natural)
    together = size + sum(part.bytes for part in parts)

    return first._replace(
        path=clean(path, 4096),
        layout="paths",
        bytes=together,
        groups=tuple(groups[name] for name in names_in_order),
        read=partial(_fetch, parts),
        warnings=tuple(warnings),
        facts=facts,
    )


def _read_shards(
    path: str,
    names: list[str],
    read: Callable[[str], FileDescription],
) -> list[FileDescription]:
    """Read the shards beside an index; raise FileError for a name or a number
    of them that Keras doesn't write.
    """
    for name in names:
        if not isinstance(name, str) or not SHARD.fullmatch(name):
            raise FileError(
                f"{clean(path)}: names the shard {clean(name)!r}, which is "
                "none that Keras writes: refused"
            )

    folder = os.path.dirname(path)
    paths = [os.path.join(folder, name) for name in names]
    total = sum(
        os.path.getsize(place) for place in paths if os.path.isfile(place)
    )
    if len(names) > MOST_SMALL + total // LARGE:
        raise FileError(
            f"{clean(path)}: names {len(names):,} shards of {total:,} bytes "
            "together: Keras makes shards of gigabytes, and at most "
            f"{MOST_SMALL} smaller ones are read"
        )

    try:
        parts = [read(place) for place in paths]
    except FileError as error:
        raise FileError(
            f"{clean(path)}: one of its shards can't be read: {error}"
        ) from None

    if not parts:
        raise FileError(
            f"{clean(path)}: is an index of sharded weights that names no shard"
        )

    return parts


def _numbered(group: StoredGroup, index: int) -> StoredGroup:
    """Return a shard's group with the shard's number in its keys and its
    address.
    """
    arrays = tuple(
        array._replace(key=f"{index}:{array.key}") for array in group.arrays
    )
    address = 0
    if group.address:
        # a later shard was written later
        address = (index << SHARD_BITS) + group.address

    return group._replace(arrays=arrays, address=address)


def _fetch(
    parts: list[FileDescription],
    keys: list[str],
) -> dict[str, NDArray[Any]]:
    """Return arrays by their keys, each read from its shard."""
    found: dict[str, NDArray[Any]] = {}
    for index, part in enumerate(parts):
        prefix = f"{index}:"
        own = [
            key.removeprefix(prefix) for key in keys if key.startswith(prefix)
        ]
        if own:
            arrays = part.read(own)
            found |= {
                f"{prefix}{key}": values for key, values in arrays.items()
            }

    return found


def _joined(first: StoredGroup | None, second: StoredGroup) -> StoredGroup:
    """Return one group of the arrays two shards hold of it."""
    if first is None:
        return second

    def place(array: StoredArray) -> list[tuple[int, str]]:
        return natural(array.name)

    arrays = tuple(sorted((*first.arrays, *second.arrays), key=place))
    layer_name = first.layer_name or second.layer_name
    problem = first.problem or second.problem
    address = max(first.address, second.address)

    return first._replace(
        arrays=arrays,
        layer_name=layer_name,
        problem=problem,
        address=address,
    )
