"""A group of arrays that is computed window by window, kept on disk so that each can
then be read from its start.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.memory.large_arrays import release
from rnn_tui.export.members import Member

IN_MEMORY = 64 << 20
"""Bytes of a group up to which it is kept in memory."""


@contextlib.contextmanager
def spooled(group: Sequence[Member], folder: str | None) -> Iterator[Sequence[Member]]:
    """Yield the group's members, each cheap to read in any order; what is computed is
    computed once for all of them.

    The files are in `folder` and have no name: they are gone when the block ends,
    whatever ends it.
    """
    computed = [member for member in group if member.computed]
    if not computed:
        yield group
        return

    in_memory = sum(member.bytes for member in computed) <= IN_MEMORY
    with contextlib.ExitStack() as stack:
        spools: dict[str, Spool] = {}
        for member in computed:
            spools[member.key] = Spool(
                member, stack.enter_context(_file(in_memory, folder))
            )

        for start, stop in group[0].windows():
            for spool in spools.values():
                spool.add(start, stop)

        yield [
            spools[member.key].stored if member.computed else member for member in group
        ]


def _file(in_memory: bool, folder: str | None) -> IO[bytes]:
    if in_memory:
        return io.BytesIO()

    return tempfile.TemporaryFile(dir=folder)


class Spool:
    """A member in a file: its windows one behind the other, each with all sequences of
    the batch.

    So they are written as they come, and a stretch of some sequences is one stretch of
    each window.
    """

    def __init__(self, member: Member, file: IO[bytes]) -> None:
        self._member = member
        self._file = file
        self._step = next((stop for _, stop in member.windows()), 1)
        self._row_bytes = member.bytes // max(1, member.shape[0] * member.timesteps)
        """Bytes of one timestep of one sequence."""

    @property
    def stored(self) -> Member:
        """The same member, read from the file."""
        everyone = slice(0, self._member.shape[0])
        return replace(
            self._member,
            computed=False,
            rows=self.part,
            read=partial(self.part, everyone),
        )

    def add(self, start: int, stop: int) -> None:
        """Compute a window and append it."""
        window = self._member.read(start, stop)
        self._file.write(np.ascontiguousarray(window).reshape(-1).view(np.uint8).data)
        release(window)

    def part(self, rows: slice, start: int, stop: int) -> NDArray[Any]:
        """Return a stretch of time of some sequences, `(rows, stop - start, …)`."""
        batch, timesteps, *inside = self._member.shape
        count = rows.stop - rows.start
        out = np.empty((count, stop - start, *inside), self._member.dtype)

        first_window = start // self._step
        for begin in range(first_window * self._step, stop, self._step):
            end = min(begin + self._step, timesteps)
            place = (begin * batch + rows.start * (end - begin)) * self._row_bytes
            self._file.seek(place)
            data = self._file.read(count * (end - begin) * self._row_bytes)
            window = np.frombuffer(data, out.dtype).reshape(count, end - begin, *inside)

            inner_start = max(start, begin)
            inner_stop = min(stop, end)
            out[:, inner_start - start : inner_stop - start] = window[
                :, inner_start - begin : inner_stop - begin
            ]

        return out
