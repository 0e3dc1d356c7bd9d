"""The limits of reading a file, all in one place; callers may change them.

Its annotations are the types themselves: as strings, NamedTuple would compile
each, in both processes at every start.
"""

from typing import Any, NamedTuple

MIB = 1 << 20


class Limits(NamedTuple):
    """Bounds of one reading; `--max-memory` sets `memory`, the others follow
    from the needs of real models.
    """

    memory: int = 512 * MIB
    """Bytes the reading process may use besides twice the file's size."""
    cpu_seconds: int = 2
    """Processor time for parsing a small file; it grows with the size: see
    `cpu_limit`.
    """
    seconds: float = 10.0
    """Time on the clock for a small file, for a disk or a machine that is slow;
    it grows with the size.
    """
    config_bytes: int = 24 * MIB
    config_values: int = 1_000_000
    config_depth: int = 100
    config_objects: int = 100_000
    """Things with a class in the configuration; a layer of Keras 3 has some
    ten, with its initialisers.
    """
    arrays: int = 50_000
    groups: int = 50_000
    names: int = 20_000
    """Names listed in one attribute or one group."""
    entries: int = 20_000
    """Tensors of a checkpoint."""
    nodes: int = 200_000
    """Nodes of a SavedModel's or a checkpoint's graph of objects, and their own
    parts.
    """
    fields: int = 1_000_000
    """Fields of all protobuf messages that are read of a model."""
    pickle_steps: int = 1_000_000
    """Instructions of all pickles that are read of a model: some 30 for each
    tensor of PyTorch's.
    """
    pickle_bytes: int = 64 * MIB
    name_bytes: int = 100_000
    rank: int = 8
    depth: int = 32
    """Groups within groups."""
    floor: int = 64 * MIB
    """Bytes any array may unpack to; above them `expansion` times the stored
    bytes.
    """
    expansion: int = 1000
    zip_members: int = 10_000
    zip_expansion: int = 100
    at_once: int = 16 * MIB
    """Arrays up to this sum come with the description, larger models fetch
    theirs on demand.
    """
    in_memory: int = 64 * MIB
    """Files up to this size are read as a whole before they are parsed: HDF5
    asks for them in thousands of pieces.
    """
    vocabulary_bytes: int = 16 * MIB
    vocabulary_tokens: int = 1_000_000
    hashed: int = 64 * MIB
    """Files up to this size get a SHA-256."""

    def declared(self, file_bytes: int) -> int:
        """Return how many bytes all arrays of a file of that size may declare
        together.
        """
        return max(self.memory // 4, 4 * file_bytes)

    def cpu_limit(self, file_bytes: int, room: int) -> int:
        """Return the seconds of processor time for a file of that size whose
        answer takes `room` bytes.

        A layer takes some 4 KB of an HDF5 file and up to a millisecond, so a
        file of 10,000 of them is given some ten seconds; no file can hold more
        groups and arrays than take a minute.
        """
        return self.cpu_between_steps(file_bytes, room) + min(
            file_bytes // (4 * MIB),
            60,
        )

    def cpu_between_steps(self, file_bytes: int, room: int) -> int:
        """Return the seconds of processor time in which reading must get on:
        HDF5 may never end on a damaged file.
        """
        return self.cpu_seconds + file_bytes // (200 * MIB) + room // (50 * MIB)

    def clock_limit(self, file_bytes: int, room: int) -> float:
        """Return the seconds on the clock for a file of that size: on a busy
        machine three times the processor's.
        """
        return (
            self.seconds
            + min(file_bytes / (2 * MIB), 120)
            + file_bytes / (100 * MIB)
            + room / (20 * MIB)
        )

    def as_request(self) -> dict[str, Any]:
        """Return the limits as plain JSON, for the reading process."""
        return self._asdict()


def limits_of(memory: int | None) -> Limits | None:
    """Return the limits with so many bytes of memory, None for the usual
    ones.
    """
    if not memory:
        return None

    usual = Limits()

    return usual._replace(
        memory=memory,
        in_memory=min(usual.in_memory, memory // 8),
    )
