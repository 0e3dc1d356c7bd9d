"""Long stretches of time as one column of a screen: the smallest, the mean and
the largest value in each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array

BUCKETS = 1024
"""How many stretches a run is summed up in, at most; they are whole windows."""
LEAST = 64
"""How many at least."""
MEMORY = 64 << 20
"""Bytes an overview may take: of a wide layer there are fewer stretches."""
BYTES = 16
"""Bytes it takes for each value that is summed up: two extremes, and the total
in float64.
"""


def affordable(width: int) -> bool:
    """Return whether an overview of so many values a timestep stays within its
    memory: one of pictures may not.
    """
    return LEAST * BYTES * width <= MEMORY


class Summary(NamedTuple):
    """The smallest, mean and largest value of each stretch, each
    `(batch, columns, units)`.
    """

    low: Array
    mean: Array
    high: Array


def edges(length: int, columns: int) -> list[int]:
    """Return where each of `columns` stretches of `length` starts; every
    stretch has a timestep at least.
    """
    columns = max(1, min(columns, length))
    return [k * length // columns for k in range(columns)]


def summary(values: Array, columns: int) -> Summary:
    """Sum up `(batch, timesteps, units)`; no more columns come out than there
    are timesteps.
    """
    starts = edges(values.shape[1], columns)
    counts = np.diff([*starts, values.shape[1]]).reshape(
        -1,
        *[1] * (values.ndim - 2),
    )
    mean = np.add.reduceat(values, starts, axis=1) / counts
    low = np.minimum.reduceat(values, starts, axis=1)
    high = np.maximum.reduceat(values, starts, axis=1)

    return Summary(low, mean.astype(values.dtype, copy=False), high)


def joined(parts: Sequence[Summary], timesteps: Sequence[int]) -> Summary:
    """Sum up what has been summed up already: stretches of so many timesteps
    each that follow each other.
    """
    low, high = (np.stack([part[k] for part in parts]) for k in (0, 2))
    mean = np.stack([part.mean for part in parts])
    weights = np.asarray(timesteps).reshape(-1, *[1] * (mean.ndim - 1)) / sum(
        timesteps
    )

    return Summary(
        low.min(axis=0),
        (mean * weights).sum(axis=0).astype(mean.dtype),
        high.max(axis=0),
    )


class Overview:
    """The extremes and means of stretches of whole windows, filled as the
    windows are computed.
    """

    def __init__(self, windows: int, length: int, width: int) -> None:
        self.per_bucket = -(-windows // min(BUCKETS, MEMORY // (BYTES * width)))
        self.length = length
        buckets = -(-windows // self.per_bucket)
        self.low = np.full((buckets, width), np.inf, np.float32)
        self.high = np.full((buckets, width), -np.inf, np.float32)
        self.total = np.zeros((buckets, width), np.float64)
        self.count = np.zeros((buckets, 1), np.int64)

    def add(self, window: int, record: Array) -> None:
        """Take in the record of a window, `(timesteps, width)`."""
        k = window // self.per_bucket
        np.minimum(self.low[k], record.min(axis=0), out=self.low[k])
        np.maximum(self.high[k], record.max(axis=0), out=self.high[k])
        self.total[k] += record.sum(axis=0, dtype=np.float64)
        self.count[k] += len(record)

    def columns(
        self,
        slot: slice,
        columns: int,
        start: int,
        stop: int,
    ) -> Summary:
        """Return what is filled between two timesteps, in at most `columns`
        stretches, each `(columns, width)`.
        """
        stretch = self.per_bucket * self.length
        filled = slice(
            start // stretch,
            min(-(-stop // stretch), int(np.count_nonzero(self.count))),
        )
        starts = edges(filled.stop - filled.start, columns)
        low = np.minimum.reduceat(self.low[filled, slot], starts, axis=0)
        high = np.maximum.reduceat(self.high[filled, slot], starts, axis=0)
        total = np.add.reduceat(self.total[filled, slot], starts, axis=0)
        mean = total / np.add.reduceat(self.count[filled], starts, axis=0)

        return Summary(low, mean.astype(low.dtype), high)


def summed_in_turn(
    read: Callable[[int, int], Array],
    columns: int,
    start: int,
    stop: int,
    step: int,
) -> Summary:
    """Sum up one stretch after the other, each read in pieces of `step`
    timesteps: it takes time, not memory.
    """
    starts = [start + first for first in edges(stop - start, columns)]
    ends = [*starts[1:], stop]
    parts = []
    for first, last in zip(starts, ends, strict=True):
        pieces = [(at, min(at + step, last)) for at in range(first, last, step)]
        summaries = [summary(read(*piece), 1) for piece in pieces]
        parts.append(joined(summaries, [end - at for at, end in pieces]))

    return Summary(
        *(np.concatenate(values, axis=1) for values in zip(*parts, strict=True))
    )
