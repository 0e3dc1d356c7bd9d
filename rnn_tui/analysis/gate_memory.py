"""The share of its state that a cell's gate keeps, unit by unit: the half-life,
and the product of the gate over the whole sequence.

It follows one path only, that of a unit's own state through its own gate. The
paths between units are in `state_memory.py`. Of pictures each pixel has a path
of its own, and the numbers of a filter are of all its pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.carried import carried
from rnn_tui.analysis.stretches import by_pixel, stretches

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GateMemory:
    """The share that the gate keeps of each unit's state, each `(units,)`.

    `half_life` is −ln 2 / mean(ln gate) over the timesteps read: 0 where the
    gate was shut at one of them, infinite where it was wide open at all.
    `kept` is the share of the state after the first timestep read that is left
    after the last one.

    Of pictures both are those of each pixel, brought together by filter: the
    half-life of the median pixel, and the mean of the pixels' shares.
    """

    state: str
    gate: str
    half_life: Float
    kept: Float
    timesteps: int
    pixels: int = 0
    """The pixels of a filter; 0 where the states are no pictures."""

    @property
    def of_half_life(self) -> str:
        """Whose half-life it is, in words behind it; none of a unit's own."""
        if not self.pixels:
            return ""

        return f" (the median of {self.pixels:,} pixels)"

    @property
    def note(self) -> str:
        """How the numbers of pictures come together; none of others."""
        if not self.pixels:
            return ""

        return (
            f"the half-lives by the gate {self.gate} are those of the median "
            f"of {self.pixels:,} pixels of each filter, and the shares kept "
            "the mean of theirs"
        )


def gate_memory(cell: CellTrace, sequence: int = 0) -> GateMemory | None:
    """Return the memory of the gate; None for a cell whose state no gate
    carries, and where no timestep was read.
    """
    by_gate = carried(cell.cell)
    if by_gate is None:
        return None

    each = (*cell.sides, cell.units)
    logs = np.zeros(each)  # the sum of ln |gate|
    kept = np.ones(each)
    timesteps = 0
    for stretch in stretches(cell, by_gate.quantities, sequence):
        gate = by_gate.kept(stretch.values)
        with np.errstate(divide="ignore"):  # a gate of 0 has ln −∞
            logs += np.log(np.abs(gate)).sum(axis=0)

        # the first timestep writes the state that is kept
        after_first = gate if timesteps else gate[1:]
        kept *= np.prod(after_first, axis=0)
        timesteps += len(gate)

    if not timesteps:
        return None

    mean_logs = logs / timesteps
    pixels = 0
    if cell.sides:
        pixels = math.prod(cell.sides)
        # a longer half-life has a larger mean of ln: the order is the same
        mean_logs = np.median(by_pixel(mean_logs), axis=0)
        kept = np.mean(by_pixel(kept), axis=0)

    return GateMemory(
        by_gate.state,
        by_gate.gate,
        half_life(mean_logs),
        kept,
        timesteps,
        pixels,
    )


def half_life(mean_log: Float) -> Float:
    """Return after how many timesteps half is left, from the mean of ln gate:
    0 for −∞, infinite from 0 on.
    """
    falls = ~(mean_log >= 0)  # NaN too: it stays NaN
    halves = np.full(mean_log.shape, np.inf)
    halves[falls] = -np.log(2) / mean_log[falls]

    # −ln 2 / −∞ is 0; no sign is shown before it
    return np.asarray(np.abs(halves))
