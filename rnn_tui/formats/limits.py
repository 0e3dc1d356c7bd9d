"""What a file may ask of the reader: every bound in one place, adjustable by whoever opens the file.

Its annotations are the types themselves: as strings, NamedTuple would compile each, in both processes at every start.
"""

from typing import Any, NamedTuple

MIB = 1 << 20


class Limits(NamedTuple):
    """Bounds of one reading; `memory` is what `--max-memory` sets, the others follow from what real models need."""

    memory: int = 512 * MIB
    """Bytes the reading process may use besides twice the file's size."""
    cpu_seconds: int = 2
    """Processor time for parsing a small file; it grows with the size."""
    seconds: float = 10.0
    """Time on the clock for a small file, for a disk or a machine that is slow; it grows with the size."""
    config_bytes: int = 16 * MIB
    config_values: int = 1_000_000
    config_depth: int = 100
    config_objects: int = 100_000
    """Things with a class in the configuration; a layer of Keras 3 has some ten, with its initialisers."""
    arrays: int = 20_000
    groups: int = 20_000
    names: int = 20_000
    """Names listed in one attribute or one group."""
    name_bytes: int = 100_000
    rank: int = 8
    depth: int = 32
    """Groups within groups."""
    floor: int = 64 * MIB
    """Bytes any array may unpack to; above them `expansion` times what is stored."""
    expansion: int = 1000
    zip_members: int = 10_000
    zip_expansion: int = 100
    at_once: int = 16 * MIB
    """Arrays up to this sum come with the description, larger models fetch theirs on demand."""
    vocabulary_bytes: int = 16 * MIB
    vocabulary_tokens: int = 1_000_000
    hashed: int = 64 * MIB
    """Files up to this size get a SHA-256."""

    def declared(self, file_bytes: int) -> int:
        """Return how many bytes all arrays of a file of that size may declare together."""
        return max(self.memory // 4, 4 * file_bytes)

    def as_request(self) -> dict[str, Any]:
        """Return the limits as plain JSON, for the reading process."""
        return self._asdict()


def limits_of(memory: int | None) -> Limits | None:
    """Return the limits with so many bytes of memory, None for the usual ones."""
    return Limits(memory=memory) if memory else None
