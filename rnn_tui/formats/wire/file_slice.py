"""A stretch of an open file as a file of its own: how an HDF5 file inside an
archive is read in place.
"""

from __future__ import annotations

import io
from typing import Any, BinaryIO


class Window(io.RawIOBase):
    """Bytes `start` to `start + size` of `source`; one reading position, every
    read is complete unless at the end.
    """

    def __init__(self, source: BinaryIO, start: int, size: int) -> None:
        self._source = source
        self._start = start
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Return True: a window is there to be read."""
        return True

    def seekable(self) -> bool:
        """Return True: HDF5 jumps about."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the reading position."""
        base = {
            io.SEEK_SET: 0,
            io.SEEK_CUR: self._position,
            io.SEEK_END: self._size,
        }[whence]
        if base + offset < 0:
            raise ValueError("a position before the beginning")

        self._position = base + offset

        return self._position

    def tell(self) -> int:
        """Return the reading position."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as the window goes and return how many bytes
        that were.
        """
        view = memoryview(buffer).cast("B")
        wanted = max(0, min(len(view), self._size - self._position))
        self._source.seek(self._start + self._position)
        done = 0
        while done < wanted:
            count = self._source.readinto(view[done:wanted])  # type: ignore[attr-defined]
            if not count:
                break

            done += count

        self._position += done

        return done
