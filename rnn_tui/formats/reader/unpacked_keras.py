"""An unpacked `.keras` archive, whose files the parent has opened."""

from __future__ import annotations

import io
import os
import zlib
from typing import Any, BinaryIO, NamedTuple

from rnn_tui.formats.wire.file_slice import Window
from rnn_tui.formats.wire.keras_members import CONFIG
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError


class Open(NamedTuple):
    """An open member and its size."""

    file: BinaryIO
    size: int


class Unpacked:
    """The members of an unpacked archive."""

    container = "keras-folder"
    """The container as the description names it."""

    def __init__(self, members: dict[str, Open], limits: Limits) -> None:
        self._members = members
        self.limits = limits
        self.facts = {
            "files": ", ".join(name for name in members if "/" not in name)
        }
        if CONFIG not in members:
            raise ProblemError("is a folder without a config.json")

    @classmethod
    def of(
        cls,
        first: BinaryIO,
        request: dict[str, Any],
        limits: Limits,
    ) -> Unpacked:
        """Return the members that came with a request: the first on standard
        input, the others by their descriptors.
        """
        members = {
            request["first"]["name"]: Open(first, request["first"]["size"])
        }
        for other in request["others"]:
            members[other["name"]] = Open(
                os.fdopen(other["descriptor"], "rb", buffering=0),
                other["size"],
            )

        return cls(members, limits)

    def names(self) -> list[str]:
        """Return the names of all members."""
        return list(self._members)

    def has(self, name: str) -> bool:
        """Say whether there is a member of that name."""
        return name in self._members

    def bytes_of(self, name: str) -> int:
        """Return a member's size."""
        return self._members[name].size

    def sum_of(self, name: str) -> int:
        """Return a checksum of a member; of one that is too long to be read,
        nothing.
        """
        if self.bytes_of(name) > self.limits.vocabulary_bytes:
            return 0

        return zlib.crc32(self.data(name))

    def data(self, name: str) -> bytes:
        """Return a member as it is."""
        file, size = self._members[name]
        data = Window(file, 0, size).read(size)
        if len(data) != size:
            raise ProblemError(f"is damaged: {name} isn't as long as it was")

        return data

    def text(self, name: str) -> str:
        """Return a member as text."""
        if self.bytes_of(name) > self.limits.config_bytes:
            raise ProblemError(
                f"is a folder whose {name} is longer than "
                f"{self.limits.config_bytes:,} bytes"
            )

        return self.data(name).decode("utf-8-sig", "surrogateescape")

    def file(self, name: str) -> BinaryIO:
        """Return a member as a seekable file: in memory when it is small."""
        file, size = self._members[name]
        if size <= self.limits.in_memory:
            return io.BytesIO(self.data(name))

        return Window(file, 0, size)  # type: ignore[return-value]

    def check(self, name: str) -> None:
        """Compare with nothing: a file outside an archive has no checksum."""
