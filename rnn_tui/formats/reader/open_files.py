"""The files of a model that has several, as the parent opened them: by name,
read without a copy.
"""

from __future__ import annotations

import os
from typing import Any, BinaryIO, NamedTuple

from rnn_tui.formats.wire.file_slice import Window
from rnn_tui.formats.wire.problems import ProblemError

_LFS = b"version https://git-lfs"


class OpenFile(NamedTuple):
    """An open file and its size."""

    file: BinaryIO
    size: int


class OpenFiles:
    """The files that came with a request, by their names."""

    def __init__(self, files: dict[str, OpenFile]) -> None:
        self._files = files

    @classmethod
    def of(cls, first: BinaryIO, request: dict[str, Any]) -> OpenFiles:
        """Return the files of a request: the first on standard input, the
        others by their descriptors.
        """
        files = {
            request["first"]["name"]: OpenFile(first, request["first"]["size"])
        }
        for other in request["others"]:
            file = os.fdopen(other["descriptor"], "rb", buffering=0)
            files[other["name"]] = OpenFile(file, other["size"])

        return cls(files)

    def names(self) -> list[str]:
        """Return the names of all files, the first one first."""
        return list(self._files)

    def has(self, name: str) -> bool:
        """Say whether there is a file of that name."""
        return name in self._files

    def bytes_of(self, name: str) -> int:
        """Return a file's size."""
        return self._files[name].size

    def whole(self, name: str, most: int) -> memoryview:
        """Return all of a file; ProblemError when it is longer than `most`, or
        a pointer of Git LFS.
        """
        size = self.bytes_of(name)
        if size > most:
            raise ProblemError(
                f"its {name} is longer than {most:,} bytes: refused"
            )

        data = self.part(name, 0, size)
        self.refuse_pointer(name, bytes(data[: len(_LFS)]))

        return data

    def part(self, name: str, offset: int, size: int) -> memoryview:
        """Return a stretch of a file; ProblemError when the file has become
        shorter.
        """
        data = bytearray(size)
        self.read_into(name, offset, memoryview(data))

        return memoryview(data)

    def read_into(self, name: str, offset: int, buffer: memoryview) -> None:
        """Fill a buffer from a place of a file on."""
        file = self._files[name].file
        length = len(buffer)
        read = Window(file, offset, length).readinto(buffer)
        if read != length:
            raise ProblemError(f"is damaged: {name} isn't as long as it was")

    def refuse_pointer(self, name: str, head: bytes) -> None:
        """Refuse a file that Git LFS left in the place of the real one."""
        if head.startswith(_LFS):
            raise ProblemError(
                f"holds a Git LFS pointer in the place of its {name}; run "
                "`git lfs pull` to fetch it"
            )
