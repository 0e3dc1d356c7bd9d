"""A sequence's file as it is opened: a regular one, never waited for, read no
further than its size says.
"""

from __future__ import annotations

import io
import os
from typing import Any, BinaryIO

from rnn_tui.errors import FileError, SequenceError
from rnn_tui.formats.client.source_file import open_source
from rnn_tui.sequences import limits
from rnn_tui.text import clean


class Bytes(io.RawIOBase):
    """The bytes that an open file had when it was opened.

    A file of the system's own may say that it is empty and then never end: that
    one is empty here as well.
    """

    def __init__(self, source: BinaryIO, size: int) -> None:
        self._source = source
        self.size = size

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the reading position."""
        if whence == os.SEEK_END:
            offset = self.size + offset
            whence = os.SEEK_SET

        return self._source.seek(offset, whence)

    def tell(self) -> int:
        """Return the reading position."""
        return self._source.tell()

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as the file goes and return how many bytes that
        were.
        """
        view = memoryview(buffer).cast("B")
        left = max(0, self.size - self._source.tell())

        return self._source.readinto(view[:left]) or 0  # type: ignore[attr-defined]  # BinaryIO leaves it out

    def close(self) -> None:
        """Close the file."""
        self._source.close()
        super().close()


def open_regular(path: str) -> Bytes:
    """Open a regular file; SequenceError when there is none."""
    place = os.path.expanduser(path)
    if os.path.isdir(place):
        raise SequenceError(
            f"{clean(place)}: is a directory, not a regular file"
        )

    try:
        source, identity = open_source(place)
    except FileError as error:
        raise SequenceError(str(error)) from None

    return Bytes(source, identity.size)


def read_text_file(file: Bytes, what: str) -> bytes:
    """Return all of a file that holds text, within its bounds; `what` names it
    in the message.
    """
    limits.check_text_size(file.size, what)
    return file.read(file.size)
