"""A group of arrays that is computed window by window, kept on disk so that each can then be read from its start."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import IO

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.room import release
from rnn_tui.export.members import Member

IN_MEMORY = 64 << 20
"""Bytes of a group up to which it is read as it is."""


@contextlib.contextmanager
def spooled(group: Sequence[Member], folder: str | None) -> Iterator[Sequence[Member]]:
    """Yield the group's members, read from disk where they are large; each window is then computed only once.

    The files stand in `folder` and have no name: they are gone when the block ends, whatever ends it.
    """
    if len(group) == 1 or sum(member.bytes for member in group) <= IN_MEMORY:
        yield group
        return
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile(dir=folder)) for _ in group]
        for start, stop in group[0].windows():
            for member, file in zip(group, files, strict=True):
                window = member.read(start, stop)
                _store(member, file, start, window)
                release(window)
        yield [_stored(member, file) for member, file in zip(group, files, strict=True)]


def _row(member: Member) -> int:
    """Return the bytes of one timestep of one sequence."""
    return member.bytes // max(1, member.shape[0] * member.timesteps)


def _store(member: Member, file: IO[bytes], start: int, window: NDArray[np.generic]) -> None:
    for index, sequence in enumerate(window):
        file.seek((index * member.timesteps + start) * _row(member))
        file.write(np.ascontiguousarray(sequence).data)


def _stored(member: Member, file: IO[bytes]) -> Member:
    def read(start: int, stop: int) -> NDArray[np.generic]:
        window = np.empty((member.shape[0], stop - start, *member.shape[2:]), member.dtype)
        for index, sequence in enumerate(window):
            file.seek((index * member.timesteps + start) * _row(member))
            sequence[...] = np.frombuffer(file.read(sequence.nbytes), member.dtype).reshape(sequence.shape)
        return window

    return replace(member, read=read)
