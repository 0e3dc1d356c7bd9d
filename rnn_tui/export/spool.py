"""Computed arrays kept on disk: computed once, then read in any order."""

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
def spooled(
    group: Sequence[Member],
    folder: str | None,
) -> Iterator[Sequence[Member]]:
    """Yield the group's members, each cheap to read in any order; computed
    values are computed once for all of them.

    The files are in `folder` and have no name: they are gone when the block
    ends, whatever ends it.
    """
    computed = [member for member in group if member.computed]
    if not computed:
        yield group
        return

    in_memory = sum(member.bytes for member in computed) <= IN_MEMORY
    with contextlib.ExitStack() as stack:
        spools: dict[str, Spool] = {}
        for member in computed:
            file = stack.enter_context(_file(in_memory, folder))
            spools[member.key] = Spool(member, file)

        # one window of all members after the other: their run is computed once
        for start, stop in group[0].windows():
            for spool in spools.values():
                spool.add(start, stop)

        stored = []
        for member in group:
            if member.computed:
                stored.append(spools[member.key].stored)
            else:
                stored.append(member)

        yield stored


def _file(in_memory: bool, folder: str | None) -> IO[bytes]:
    if in_memory:
        return io.BytesIO()

    return tempfile.TemporaryFile(dir=folder)


class Spool:
    """A member in a file: its windows one after the other, each with all
    sequences of the batch.

    So windows are appended as they are computed, and some sequences are one
    contiguous part of each window.
    """

    def __init__(self, member: Member, file: IO[bytes]) -> None:
        self._member = member
        self._file = file
        self._step = next((stop for _, stop in member.windows()), 1)
        self._row_bytes = member.bytes // max(
            1,
            member.shape[0] * member.timesteps,
        )
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
        flat = np.ascontiguousarray(window).reshape(-1)
        self._file.write(flat.view(np.uint8).data)
        release(window)

    def part(self, rows: slice, start: int, stop: int) -> NDArray[Any]:
        """Return a span of time of some sequences,
        `(rows, stop - start, …)`.
        """
        _, timesteps, *inside = self._member.shape
        step = self._step
        count = rows.stop - rows.start
        length = stop - start
        out = np.empty((count, length, *inside), self._member.dtype)

        first_window = start // step
        for begin in range(first_window * step, stop, step):
            end = min(begin + step, timesteps)
            window = self._window(rows, begin, end)

            # the part of the window between start and stop
            first = max(start, begin)
            last = min(stop, end)
            from_window = slice(first - begin, last - begin)
            to_out = slice(first - start, last - start)
            out[:, to_out] = window[:, from_window]

        return out

    def _window(self, rows: slice, begin: int, end: int) -> NDArray[Any]:
        """Return an added window of some sequences,
        `(rows, end - begin, …)`.
        """
        batch, _, *inside = self._member.shape
        length = end - begin
        count = rows.stop - rows.start

        # a window has all sequences of the batch, one after the other
        before = begin * batch
        place = before + rows.start * length
        self._file.seek(place * self._row_bytes)

        values_read = count * length
        data = self._file.read(values_read * self._row_bytes)
        values = np.frombuffer(data, self._member.dtype)

        return values.reshape(count, length, *inside)
