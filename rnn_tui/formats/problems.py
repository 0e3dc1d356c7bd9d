"""What the reading process can't or won't read: one exception, its message one line that can be shown."""

from __future__ import annotations

DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, NotImplementedError, OverflowError)
"""What h5py raises on damaged files; OSError alone isn't half of it."""


class ProblemError(Exception):
    """Something of the file can't be read (missing, damaged, refused); the message says what, in plain words."""


class damage:  # noqa: N801 - reads as a statement, like contextlib's
    """Turn whatever h5py raises within into a ProblemError that says what was being read.

    A class, because a large model passes here ten times a layer and a generator would take five times as long.
    """

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        """Nothing to do before."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Say what is wrong in our words."""
        if error is None:
            return
        if isinstance(error, MemoryError):
            raise ProblemError(f"{self._what} needs more memory than allowed (--max-memory raises it)") from None
        if isinstance(error, DAMAGE):
            raise ProblemError(f"{self._what} is damaged: HDF5 can't read it") from None
