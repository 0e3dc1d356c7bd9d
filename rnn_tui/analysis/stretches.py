"""One sequence of a cell's trace in the order in which the cell reads it, a
stretch of time at a time, without the timesteps that a mask skips.

Analyses that go through this need as much memory for a million timesteps as for
a thousand, and a window of the run is computed once for all quantities.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

Float = NDArray[np.float64]

TOGETHER = 1024
"""Timesteps that are read at once, at most."""


class Stretch(NamedTuple):
    """Timesteps that the cell read, in the order of its reading."""

    times: NDArray[np.int64]
    """Which timesteps of the input they are, `(n,)`."""
    values: Mapping[str, Float]
    """The quantities that were asked for, each `(n, …, units)`."""


def stretches(
    cell: CellTrace,
    names: Sequence[str],
    sequence: int = 0,
    *,
    from_the_end: bool = False,
) -> Iterator[Stretch]:
    """Yield the timesteps read, from the first to the last, with quantities in
    float64.

    With `from_the_end` the last stretch comes first; within a stretch the order
    is the same. Stretches without a timestep that was read are left out.
    """
    length = cell.values.window_of(TOGETHER)
    starts = range(0, cell.timesteps, length)
    if from_the_end:
        starts = starts[::-1]

    for start in starts:
        stop = min(start + length, cell.timesteps)
        stretch = _stretch(cell, names, sequence, start, stop)
        if len(stretch.times):
            yield stretch


def _stretch(
    cell: CellTrace,
    names: Sequence[str],
    sequence: int,
    start: int,
    stop: int,
) -> Stretch:
    """Return the timesteps `start` to `stop`, counted in the order of
    reading.
    """
    times = np.arange(start, stop)
    if cell.reverse:
        times = cell.timesteps - 1 - times

    first = int(times.min())
    behind = int(times.max()) + 1
    read = read_times(cell, sequence, first, behind)
    kept = times[read[times - first]]
    places = kept - first

    rows = (sequence,)
    values = {}
    for name in names:
        window = cell.read_rows(name, rows, first, behind)[0]
        values[name] = window[places].astype(np.float64)

    return Stretch(kept, values)


def read_times(
    cell: CellTrace,
    sequence: int = 0,
    start: int = 0,
    stop: int | None = None,
) -> NDArray[np.bool_]:
    """Return whether each timestep `start` to `stop` was read, in the input's
    time.
    """
    start, stop, _ = slice(start, stop).indices(cell.timesteps)
    if cell.mask is None:
        return np.ones(stop - start, dtype=bool)

    read = cell.mask[sequence, start:stop]

    return np.asarray(read, dtype=bool)


def count_read(cell: CellTrace, sequence: int = 0) -> int:
    """Return how many timesteps were read."""
    return int(np.count_nonzero(read_times(cell, sequence)))


def initial_state(
    cell: CellTrace,
    name: str,
    sequence: int = 0,
) -> NDArray[Any]:
    """Return a state before the first timestep read, `(units,)`, in
    float64.
    """
    return np.asarray(cell.initial[name][sequence], dtype=np.float64)


def by_pixel(values: Float) -> Float:
    """Return `(n, …, units)` with every pixel of a picture as a row of its
    own, `(rows, units)`.
    """
    return values.reshape(-1, values.shape[-1])
