"""The gate table's rows: statistics of each block, and histograms on one common
scale so that rows compare.

A cell may have a hundred million weights, so rows come as soon as there is more
to say: first the blocks alone, then each block's numbers, at the end the
histograms, which need the smallest and largest value of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from rnn_tui.analysis.gates import (
    Statistics,
    gate_blocks,
    histogram,
    statistics,
)
from rnn_tui.errors import RunCancelledError

if TYPE_CHECKING:
    from rnn_tui.analysis.gates import GateBlock
    from rnn_tui.engine.model import Model

BINS = 8
EVERY = 0.15
"""Seconds between two looks at what has been measured so far."""


@dataclass(frozen=True, eq=False)
class Measured:
    """One block, its statistics (None: not yet) and the counts of its histogram
    between the table's `low` and `high`.

    Without counts there is no histogram yet.
    """

    block: GateBlock
    statistics: Statistics | None = None
    counts: tuple[int, ...] = ()
    low: float = 0.0
    high: float = 0.0


def measure(
    model: Model,
    key: str,
    cancelled: Callable[[], bool],
) -> Iterator[list[Measured]]:
    """Yield the blocks of one cell, each time more of them measured, at the end
    all.

    Raises RnnTuiError (unreadable weights) and RunCancelledError.
    """
    rows = [Measured(block) for block in gate_blocks(model, key)]
    shown = monotonic()
    for work in (_statistics, _histogram):
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
    low = min((s.min for s in found if s.min is not None), default=-1.0)
    high = max((s.max for s in found if s.max is not None), default=1.0)
    if low == high:
        low = low - 0.5
        high = high + 0.5

    edges = [low + (high - low) * k / BINS for k in range(BINS + 1)]
    counts = tuple(int(count) for count in histogram(rows[k].block, edges))

    return replace(rows[k], counts=counts, low=low, high=high)
