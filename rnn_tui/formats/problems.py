"""What the reading process can't or won't read: one exception, its message one line that can be shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, NotImplementedError, OverflowError)
"""What h5py raises on damaged files; OSError alone isn't half of it."""


class ProblemError(Exception):
    """Something of the file can't be read (missing, damaged, refused); the message says what, in plain words."""


@contextmanager
def damage(what: str) -> Iterator[None]:
    """Turn whatever h5py raises into a ProblemError that says what was being read."""
    try:
        yield
    except MemoryError:
        raise ProblemError(f"{what} needs more memory than allowed (--max-memory raises it)") from None
    except DAMAGE:
        raise ProblemError(f"{what} is damaged: HDF5 can't read it") from None
