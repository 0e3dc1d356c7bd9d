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
    timesteps = values.shape[1]
    starts = edges(timesteps, columns)
    counts = np.diff([*starts, timesteps])
    ones = [1] * (values.ndim - 2)
    total = np.add.reduceat(values, starts, axis=1)
    mean = total / counts.reshape(-1, *ones)
    low = np.minimum.reduceat(values, starts, axis=1)
    high = np.maximum.reduceat(values, starts, axis=1)

    return Summary(low, mean.astype(values.dtype, copy=False), high)


def joined(parts: Sequence[Summary], timesteps: Sequence[int]) -> Summary:
    """Sum up summaries: those of stretches of so many timesteps
    each that follow each other.
    """
    low = np.stack([part.low for part in parts])
    high = np.stack([part.high for part in parts])
    mean = np.stack([part.mean for part in parts])

    ones = [1] * (mean.ndim - 1)
    counts = np.asarray(timesteps).reshape(-1, *ones)
    weights = counts / sum(timesteps)
    mean_of_all = (mean * weights).sum(axis=0)

    return Summary(
        low.min(axis=0),
        mean_of_all.astype(mean.dtype),
        high.max(axis=0),
    )


class Overview:
    """The extremes and means of stretches of whole windows, filled as the
    windows are computed.
    """

    def __init__(self, windows: int, length: int, width: int) -> None:
        most = min(BUCKETS, MEMORY // (BYTES * width))
        self.per_bucket = -(-windows // most)
        self.length = length

        buckets = -(-windows // self.per_bucket)
        shape = (buckets, width)
        self.low = np.full(shape, np.inf, np.float32)
        self.high = np.full(shape, -np.inf, np.float32)
        self.total = np.zeros(shape, np.float64)
        self.count = np.zeros((buckets, 1), np.int64)

    def add(self, window: int, record: Array) -> None:
        """Take in the record of a window, `(timesteps, width)`."""
        k = window // self.per_bucket
        low = self.low[k]
        high = self.high[k]
        np.minimum(low, record.min(axis=0), out=low)
        np.maximum(high, record.max(axis=0), out=high)
        self.total[k] += record.sum(axis=0, dtype=np.float64)
        self.count[k] += len(record)

    def columns(
        self,
        slot: slice,
        columns: int,
        window: slice,
    ) -> Summary:
        """Return the filled stretches of a window of timesteps, as at most
        `columns` stretches, each `(columns, width)`.
        """
        stretch = self.per_bucket * self.length
        first = window.start // stretch
        behind = -(-window.stop // stretch)
        filled = int(np.count_nonzero(self.count))
        last = min(behind, filled)

        lows = self.low[first:last, slot]
        highs = self.high[first:last, slot]
        totals = self.total[first:last, slot]
        counts = self.count[first:last]

        starts = edges(last - first, columns)
        low = np.minimum.reduceat(lows, starts, axis=0)
        high = np.maximum.reduceat(highs, starts, axis=0)
        total = np.add.reduceat(totals, starts, axis=0)
        count = np.add.reduceat(counts, starts, axis=0)
        mean = total / count

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
    parts = [
        _summed_in_pieces(read, first, last, step)
        for first, last in zip(starts, ends, strict=True)
    ]
    low = np.concatenate([part.low for part in parts], axis=1)
    mean = np.concatenate([part.mean for part in parts], axis=1)
    high = np.concatenate([part.high for part in parts], axis=1)

    return Summary(low, mean, high)


def _summed_in_pieces(
    read: Callable[[int, int], Array],
    start: int,
    stop: int,
    step: int,
) -> Summary:
    """Sum up one stretch, read in pieces of `step` timesteps."""
    summaries = []
    timesteps = []
    for first in range(start, stop, step):
        last = min(first + step, stop)
        piece = read(first, last)
        summaries.append(summary(piece, 1))
        timesteps.append(last - first)

    return joined(summaries, timesteps)
