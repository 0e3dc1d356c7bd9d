"""The file as it is opened: once, as a regular file, known again by its identity."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO, NamedTuple

from rnn_tui.errors import FileError
from rnn_tui.text import clean


class Identity(NamedTuple):
    """What tells that a path still leads to the same, unchanged file."""

    device: int
    inode: int
    size: int
    modified: int


def open_source(path: str) -> tuple[BinaryIO, Identity]:
    """Open a regular file for reading, without waiting on a FIFO or taking over a terminal; FileError otherwise."""
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        # Windows can't open a directory at all, so it is looked at before.
        if os.path.isdir(path):
            raise FileError(f"{clean(path)}: {_what_directory(path)}")
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise FileError(f"{clean(path)}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"{clean(path)}: can't be opened: {clean(reason)}") from None
    source = os.fdopen(descriptor, "rb", buffering=0)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        source.close()
        raise FileError(f"{clean(path)}: is {_kind(status.st_mode)}, not a regular file")
    return source, identity_of(status)


def identity_of(status: os.stat_result) -> Identity:
    """Return the identity of a file by its status."""
    return Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISFIFO, "a named pipe (FIFO)"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISDIR, "a directory"),
    )
    return next((words for test, words in kinds if test(mode)), "something special")


def _what_directory(path: str) -> str:
    save = "save the model as .keras or .h5 (model.save)"
    try:
        names = set(os.listdir(path))
    except OSError:
        return "is a directory, not a model file"
    if "saved_model.pb" in names or "keras_metadata.pb" in names:
        return f"is a TensorFlow SavedModel folder; {save}"
    if "checkpoint" in names or any(name.endswith(".index") for name in names):
        return f"is the folder of a TensorFlow checkpoint, which holds no model; {save}"
    if {"config.json", "model.weights.h5"} <= names:
        return "is an unpacked .keras archive; zip its files together again and open that"
    return "is a directory, not a model file"
