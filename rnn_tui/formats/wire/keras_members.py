"""The members of a `.keras` archive, whether in a zip or in a folder."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from rnn_tui.formats.wire.limits import Limits

CONFIG, METADATA = "config.json", "metadata.json"
HDF5_WEIGHTS, NUMPY_WEIGHTS, SHARDED_WEIGHTS = (
    "model.weights.h5",
    "model.weights.npz",
    "model.weights.json",
)


class Members(Protocol):
    """The members of an archive, by name, each checked before it is given
    out.
    """

    limits: Limits
    facts: dict[str, str]

    @property
    def container(self) -> str:
        """The container as the description names it."""

    def names(self) -> list[str]:
        """Return the names of all members."""

    def has(self, name: str) -> bool:
        """Say whether there is a member of that name."""

    def bytes_of(self, name: str) -> int:
        """Return a member's size as a file."""

    def sum_of(self, name: str) -> int:
        """Return a number that is the same for two members that hold the
        same.
        """

    def data(self, name: str) -> bytes:
        """Return a member as it is."""

    def text(self, name: str) -> str:
        """Return a member as text."""

    def file(self, name: str) -> BinaryIO:
        """Return a member as a seekable file."""

    def check(self, name: str) -> None:
        """Compare a member with its checksum, where it has one."""
