"""How often each gate is nearly shut and nearly open: the share of timesteps
read below 0.1 and above 0.9, unit by unit (Karpathy, Johnson and Fei-Fei 2015).

A candidate, and the state of a cell without gates, is counted in the same way
at −0.99 and 0.99, where its activation is a tanh. Saturation is no fault: a
forget gate near 1 remembers, an input gate near 1 lets pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.plain import plain
from rnn_tui.analysis.stretches import by_pixel, count_read, stretches
from rnn_tui.analysis.table import Table
from rnn_tui.engine.cells.kinds import kind_of, symbol
from rnn_tui.text import counted

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

Float = NDArray[np.float64]

GATE = (0.1, 0.9)
"""A gate below the one is nearly shut, above the other nearly open."""
TANH = (-0.99, 0.99)
"""The same of a tanh."""

FEW = 100
"""Timesteps below which a share says little: its step is 1 / timesteps."""

TITLES = ("layer", "gate", "unit", "low", "high", "timesteps")


@dataclass(frozen=True, eq=False)
class Shares:
    """The shares of one gate, each `(units,)`; NaN where nothing was read."""

    low: Float
    high: Float
    below: float
    above: float


@dataclass(frozen=True, eq=False)
class Saturation:
    """The shares of each gate of a cell, over the timesteps it read."""

    key: str
    gates: Mapping[str, Shares]
    timesteps: int

    @property
    def anywhere(self) -> bool:
        """Whether any unit of any gate was saturated at any timestep."""
        return any(
            bool((shares.low > 0).any() or (shares.high > 0).any())
            for shares in self.gates.values()
        )

    @property
    def note(self) -> str:
        """The meaning of the shares, and how far they can be trusted, in a
        sentence.
        """
        if not self.timesteps:
            return "no timestep was read"
        if not self.gates:
            return "it has no gates, and its activation has no limits"

        if not self.anywhere:
            limits = {
                f"below {one.below:g} or above {one.above:g}".replace("-", "−")
                for one in self.gates.values()
            }
            note = (
                f"none: no value of {', '.join(map(symbol, self.gates))} was "
                f"{', or of a tanh '.join(sorted(limits, key=len))} at any of "
                f"{counted(self.timesteps, 'timestep')}"
            )
        else:
            means = [
                f"{symbol(name)} {np.mean(one.low):.2f} low "
                f"{np.mean(one.high):.2f} high"
                for name, one in self.gates.items()
            ]
            note = f"mean shares: {', '.join(means)}"

        if self.timesteps < FEW:
            note += (
                f"; with {counted(self.timesteps, 'timestep')} read, one of "
                f"them is a share of {1 / self.timesteps:.2g}"
            )

        return note

    def tree(self) -> dict[str, Any]:
        """Return the shares as JSON."""
        found: dict[str, Any] = {
            name: {"low": plain(one.low), "high": plain(one.high)}
            for name, one in self.gates.items()
        }
        bounds = {
            name: [one.below, one.above] for name, one in self.gates.items()
        }

        return {
            **found,
            "timesteps": self.timesteps,
            "bounds": bounds,
            "note": self.note,
        }

    def table(self) -> Table:
        """Return the shares as a table, a row for each gate and unit."""
        rows = []
        for name, shares in self.gates.items():
            pairs = zip(shares.low.tolist(), shares.high.tolist(), strict=True)
            rows += [
                [self.key, name, unit, low, high, self.timesteps]
                for unit, (low, high) in enumerate(pairs)
            ]

        return Table(
            "saturation",
            TITLES,
            rows,
            numbers=frozenset(TITLES[2:]),
        )


def saturation(cell: CellTrace, sequence: int = 0) -> Saturation:
    """Return how often each gate of a cell is nearly shut or open.

    Of pictures every pixel counts.
    """
    bounds = _bounds(cell)
    read = count_read(cell, sequence)
    if not bounds:
        return Saturation(cell.key, {}, read)

    names = tuple(bounds)
    low = {name: np.zeros(cell.units) for name in names}
    high = {name: np.zeros(cell.units) for name in names}
    count = 0
    for stretch in stretches(cell, names, sequence):
        for name, (below, above) in bounds.items():
            values = by_pixel(stretch.values[name])  # (places, units)
            is_low = values < below
            is_high = values > above
            low[name] += np.count_nonzero(is_low, axis=0)
            high[name] += np.count_nonzero(is_high, axis=0)

        count += len(values)

    gates = {}
    for name, (below, above) in bounds.items():
        with np.errstate(invalid="ignore"):  # nothing was read: NaN
            shut = low[name] / count
            opened = high[name] / count

        gates[name] = Shares(shut, opened, below, above)

    return Saturation(cell.key, gates, read)


def _bounds(cell: CellTrace) -> dict[str, tuple[float, float]]:
    """Return the quantities that saturate, and where."""
    found = {}
    is_tanh = cell.cell.activation.name == "tanh"
    for gate in kind_of(cell.cell).gates:
        if gate.share:
            found[gate.value] = GATE
        elif is_tanh:
            found[gate.value] = TANH

    return found
