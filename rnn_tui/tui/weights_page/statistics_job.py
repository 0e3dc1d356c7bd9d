"""The table's rows: statistics of each gate's block, or of each array of a
layer without gates, and histograms on one common scale so that rows compare.

A cell may have a hundred million weights, so rows come as soon as there is more
to say: first the blocks alone, then each block's numbers, at the end the
histograms, which need the smallest and largest value of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.analysis.arrays import ArrayBlock, layer_arrays
from rnn_tui.analysis.gates import (
    GateBlock,
    Statistics,
    gate_blocks,
    histogram,
    statistics,
)
from rnn_tui.errors import RunCancelledError
from rnn_tui.tui.renderables.mosaic import fitting, survey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.model import Model

Block: TypeAlias = GateBlock | ArrayBlock
"""A gate's columns of an array, or a whole array."""

BINS = 8
"""Parts into which a row's histogram divides the common range."""
FINE = 64
"""Parts of the large histogram; those of a row are eight of them together."""
PICTURE = (128, 192)
"""Rows and columns of a block's small picture at most."""
EVERY = 0.15
"""Seconds between two looks at the measurements so far."""


@dataclass(frozen=True, eq=False)
class Measured:
    """One block, its statistics (None: not yet) and the counts of its histogram
    between the table's `low` and `high`, in FINE equal parts.

    Without counts there is no histogram yet. `picture` is the block in tiles,
    where it was asked for.
    """

    block: Block
    statistics: Statistics | None = None
    fine_counts: tuple[int, ...] = ()
    low: float = 0.0
    high: float = 0.0
    picture: NDArray[Any] | None = None

    @property
    def counts(self) -> tuple[int, ...]:
        """The counts of the histogram in BINS equal parts."""
        together = FINE // BINS
        starts = range(0, len(self.fine_counts), together)

        return tuple(
            sum(self.fine_counts[start : start + together]) for start in starts
        )


def measure(
    model: Model,
    key: str,
    cancelled: Callable[[], bool],
    pictured: bool = False,
) -> Iterator[list[Measured]]:
    """Yield the blocks of one cell, or the arrays of a layer without cells,
    each time more of them measured, at the end all; `pictured` with a small
    picture each.

    Raises RnnTuiError (unreadable weights) and RunCancelledError.
    """
    blocks = gate_blocks(model, key) or layer_arrays(model, key)
    rows = [Measured(block) for block in blocks]
    works = [_statistics, _histogram]
    if pictured:
        works.append(_picture)

    shown = monotonic()
    for work in works:
        for k in range(len(rows)):
            if monotonic() - shown > EVERY:
                yield list(rows)
                shown = monotonic()

            if cancelled():
                raise RunCancelledError

            rows[k] = work(rows, k)

    yield rows


def _statistics(rows: list[Measured], k: int) -> Measured:
    return replace(rows[k], statistics=statistics(rows[k].block))


def _histogram(rows: list[Measured], k: int) -> Measured:
    found = [row.statistics for row in rows if row.statistics is not None]
    smallest = [one.min for one in found if one.min is not None]
    largest = [one.max for one in found if one.max is not None]
    low = min(smallest, default=-1.0)
    high = max(largest, default=1.0)
    if low == high:
        low = low - 0.5
        high = high + 0.5

    span = high - low
    edges = [low + span * edge / FINE for edge in range(FINE + 1)]
    measured = rows[k]
    found_counts = histogram(measured.block, edges)
    counts = tuple(int(count) for count in found_counts)

    return replace(measured, fine_counts=counts, low=low, high=high)


def _picture(rows: list[Measured], k: int) -> Measured:
    values = rows[k].block.values
    matrix = values.reshape(-1, values.shape[-1])
    factor = fitting((matrix.shape[0], matrix.shape[1]), PICTURE)
    if not matrix.size:
        return rows[k]

    return replace(rows[k], picture=survey(matrix, factor, "largest").tiles)
