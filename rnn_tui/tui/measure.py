"""The gate table's rows: statistics of each block, and histograms on one common scale so that rows compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnn_tui.analysis.gates import Statistics, gate_blocks, histogram, statistics
from rnn_tui.errors import RunCancelledError

if TYPE_CHECKING:
    from rnn_tui.analysis.gates import GateBlock
    from rnn_tui.engine.model import Model

BINS = 8


@dataclass(frozen=True, eq=False)
class Measured:
    """One block with its statistics and the counts of its histogram between the table's `low` and `high`."""

    block: GateBlock
    statistics: Statistics
    counts: tuple[int, ...]
    low: float
    high: float


def measure(model: Model, key: str, cancelled: Callable[[], bool]) -> list[Measured]:
    """Return the blocks of one cell, measured. Raises RnnTuiError (unreadable weights) and RunCancelledError."""
    blocks = gate_blocks(model, key)
    found = list(_each(blocks, cancelled))
    low = min((s.min for s in found if s.min is not None), default=-1.0)
    high = max((s.max for s in found if s.max is not None), default=1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = [low + (high - low) * k / BINS for k in range(BINS + 1)]
    rows = []
    for block, numbers in zip(blocks, found, strict=True):
        if cancelled():
            raise RunCancelledError
        counts = tuple(int(count) for count in histogram(block, edges))
        rows.append(Measured(block, numbers, counts, low, high))
    return rows


def _each(blocks: tuple[GateBlock, ...], cancelled: Callable[[], bool]) -> Iterator[Statistics]:
    for block in blocks:
        if cancelled():
            raise RunCancelledError
        yield statistics(block)
