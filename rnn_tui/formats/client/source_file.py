"""The files as they are opened: once each, as regular files, known again by
their identities.
"""

from __future__ import annotations

import os
import stat
from typing import BinaryIO, Literal, NamedTuple

from rnn_tui.errors import FileError
from rnn_tui.text import clean

UNPACKED_WEIGHTS = "model.weights.h5"
"""The name of the weights in an archive, and beside its config.json once it is
unpacked.
"""


class Identity(NamedTuple):
    """The identity of a file: the same while the path leads to the same,
    unchanged file.
    """

    device: int
    inode: int
    size: int
    modified: int


class Member(NamedTuple):
    """One open file that the reading process gets: its name among them (a path
    below a folder), and its identity.
    """

    name: str
    file: BinaryIO
    identity: Identity


class Sources(NamedTuple):
    """The opened files of a path: one file, or the members of a folder, the
    weights first.
    """

    kind: Literal["file", "unpacked", "savedmodel", "checkpoint", "tfjs"]
    members: tuple[Member, ...]
    notes: tuple[str, ...] = ()
    """Warnings about them, one clean line each."""

    @property
    def size(self) -> int:
        """The bytes of all of them."""
        return sum(member.identity.size for member in self.members)

    @property
    def identities(self) -> tuple[tuple[str, Identity], ...]:
        """The identities of the files, by their names."""
        return tuple((member.name, member.identity) for member in self.members)

    def close(self) -> None:
        """Close the files; the reading process has its own."""
        for member in self.members:
            member.file.close()


def open_sources(path: str) -> Sources:
    """Open the files of a path: a regular file, an unpacked archive, or its
    weights with their configuration beside.

    Raises FileError for everything else.
    """
    if os.path.isdir(path):
        # most models are one file
        from rnn_tui.formats.client.folder import open_folder

        return open_folder(path)

    if _may_be_tensorflow(path):
        from rnn_tui.formats.client.tensorflow_sources import open_part

        parts = open_part(path)
        if parts is not None:
            return parts

    if os.name == "posix" and path.endswith(".json"):
        from rnn_tui.formats.client.tfjs_sources import open_json

        if os.path.isfile(path) and (parts := open_json(path)) is not None:
            return parts

    file, identity = open_source(path)
    weights = Member(os.path.basename(path), file, identity)
    if weights.name == UNPACKED_WEIGHTS and os.name == "posix":
        from rnn_tui.formats.client.folder import open_beside

        try:
            found = open_beside(path, weights)
        except FileError:
            file.close()
            raise

        if found is not None:
            return found

    return Sources("file", (weights,))


def is_model_folder(path: str) -> bool:
    """Say whether a folder is a model by itself, so that there is nothing to
    look for in it: a SavedModel, an unpacked `.keras` archive, or a layers
    model of TensorFlow.js.
    """
    if os.path.isfile(os.path.join(path, "saved_model.pb")):
        return True

    unpacked = ("config.json", "metadata.json")
    if all(os.path.isfile(os.path.join(path, name)) for name in unpacked):
        return True

    from rnn_tui.formats.client.tfjs_sources import MODEL, weights_in

    if not os.path.isfile(os.path.join(path, MODEL)):
        return False

    try:
        names = set(os.listdir(path))
    except OSError:
        return False

    return bool(weights_in(names))


def is_there(path: str) -> bool:
    """Say whether a path leads to a file or a folder, or is the prefix that the
    files of a checkpoint have in common.
    """
    return os.path.lexists(path) or os.path.isfile(f"{path}.index")


def _may_be_tensorflow(path: str) -> bool:
    """Say whether a path may be one file of a SavedModel or of a checkpoint, or
    the name that a checkpoint's files have in common.
    """
    if os.name != "posix":
        return False

    name = os.path.basename(path)
    if name in ("saved_model.pb", "keras_metadata.pb", "checkpoint"):
        return True
    if name.endswith((".index", ".meta")) or ".data-" in name:
        return True

    return not os.path.exists(path) and os.path.isfile(f"{path}.index")


def reading_flags() -> int:
    """Return the flags a file is opened with: without waiting on a FIFO,
    without taking over a terminal.
    """
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)

    return flags


def open_source(path: str) -> tuple[BinaryIO, Identity]:
    """Open a regular file for reading, without waiting on a FIFO or taking over
    a terminal; FileError otherwise.
    """
    try:
        # Windows can't open a directory at all, so it is looked at before.
        if os.path.isdir(path):
            raise FileError(f"{clean(path)}: is a directory, not a file")

        descriptor = os.open(path, reading_flags())
    except FileNotFoundError:
        raise FileError(f"{clean(path)}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(
            f"{clean(path)}: can't be opened: {clean(reason)}"
        ) from None

    source = os.fdopen(descriptor, "rb", buffering=0)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        source.close()
        raise FileError(
            f"{clean(path)}: is {kind_of(status.st_mode)}, not a regular file"
        )

    return source, identity_of(status)


def identity_of(status: os.stat_result) -> Identity:
    """Return the identity of a file by its status."""
    return Identity(
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
    )


def kind_of(mode: int) -> str:
    """Return in words the kind of something that isn't a regular file."""
    kinds = (
        (stat.S_ISFIFO, "a named pipe (FIFO)"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISLNK, "a link"),
    )
    return next(
        (words for test, words in kinds if test(mode)),
        "something special",
    )
