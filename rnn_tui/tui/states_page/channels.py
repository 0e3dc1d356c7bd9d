"""The channels of a trace: each quantity of a cell with its name on the screen,
what it means, its scale and its values in a window.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from rnn_tui.analysis.pixels import pixel_words
from rnn_tui.engine.cells.kinds import TILDE, kind_of, symbol
from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.scales import (
    GATE_SCALE,
    Scale,
    bounded_scale,
    usual_scale,
)

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

SIGMOIDS = ("sigmoid", "hard_sigmoid", "sparse_sigmoid")
BOUNDED = (
    "tanh",
    "softsign",
    "hard_tanh",
    "sigmoid",
    "hard_sigmoid",
    "sparse_sigmoid",
)

BEFORE = "pre_"
"""What the names of pre-activations begin with."""

FULL_SCAN = 1 << 22
"""Values that are all looked at for a scale; of more, windows spread over the
sequence are.
"""

WINDOWS, WINDOW = 8, 256
SEQUENCES = 64
"""Sequences of a batch that are looked at then."""


@dataclass(frozen=True, eq=False)
class Quantity:
    """A channel of a trace: one quantity of one cell."""

    cell: CellTrace
    name: str
    pixel: int | None = None
    """Of a picture, which pixel (counted row by row); None is the mean of
    all.
    """

    @property
    def key(self) -> Hashable:
        """Equal for two that have the same values."""
        return self.cell, self.name, self.pixel

    @property
    def title(self) -> str:
        """The cell and the quantity."""
        return f"{self.cell.key}-{self.name}"

    @property
    def symbol(self) -> str:
        """How the quantity is written in equations."""
        return symbol(self.name)

    @property
    def ascii_symbol(self) -> str:
        """The same without combining marks."""
        return symbol(self.name, plain=True)

    @property
    def meaning(self) -> str:
        """What it is, in a few words."""
        if self.name.startswith(BEFORE):
            return "before its activation"

        return kind_of(self.cell.cell).meanings.get(self.name, "")

    @property
    def direction(self) -> str | None:
        """The cell's direction."""
        return self.cell.direction

    @property
    def where(self) -> str:
        """Which part of a picture is read, in words; empty where there is no
        picture.
        """
        size = self.cell.sides
        if not size:
            return ""
        if self.pixel is None:
            return f"means of {' × '.join(map(str, size))} pixels"

        return pixel_words(self.pixel, size)

    @property
    def units(self) -> int:
        """The cell's units."""
        return self.cell.units

    @property
    def timesteps(self) -> int:
        """The length of the sequence."""
        return self.cell.timesteps

    @property
    def reverse(self) -> bool:
        """Whether the cell reads from the last timestep to the first."""
        return self.cell.reverse

    @property
    def is_gate(self) -> bool:
        """Whether its values are shares between 0 and 1."""
        activation = self._activation("recurrent_activation")
        shares = kind_of(self.cell.cell).shares

        return self.name in shares and activation in SIGMOIDS

    def read(self, start: int, stop: int, sequence: int = 0) -> Array:
        """Return timesteps start to stop, `(timesteps, units)`: of pictures one
        pixel, or the mean of all.
        """
        if self.pixel is None and self.cell.sides:
            means: Array = self.cell.means(self.name, start, stop)[sequence]
            return means

        values: Array = self.cell.read_rows(
            self.name,
            (sequence,),
            start,
            stop,
        )[0]
        if self.pixel is None:
            return values

        flat = values.reshape(len(values), -1, values.shape[-1])
        pixel: Array = flat[:, self.pixel]

        return pixel

    def scale(self) -> Scale:
        """Return the quantity's scale, kept for the cells last looked at; one
        for all the pixels of a picture.
        """
        return _scale(self.cell, self.name, None if self.pixel is None else 0)

    def find_scale(self) -> Scale:
        """Return the quantity's scale: fixed where its activation bounds it and
        it isn't quiet, else its values'.
        """
        if self.is_gate:
            return GATE_SCALE

        bounded = self._activation("activation") in BOUNDED
        activated = self.name == "h" or self.name.endswith(TILDE)
        if bounded and activated and self.cell.values.exact:
            return bounded_scale(self._sample())

        return usual_scale(self._sample())

    def _activation(self, which: str) -> str:
        return str(getattr(getattr(self.cell.cell, which, None), "name", ""))

    def _sample(self) -> Array:
        """Return values to find a scale in: that of the pixels is one for all
        of them.
        """
        cell = self.cell
        name = self.name
        if self.pixel is not None:
            timesteps = spread(cell.timesteps, 1)
            parts = [cell.read(name, t, t + 1) for t in timesteps]
            return np.concatenate(parts, axis=1)

        if cell.timesteps * cell.units * cell.batch <= FULL_SCAN:
            return cell.means(name)

        starts = spread(cell.timesteps, WINDOW)
        if cell.batch > SEQUENCES and not cell.sides:
            indices = np.linspace(0, cell.batch - 1, SEQUENCES).astype(int)
            some = tuple(indices.tolist())
            parts = [
                cell.read_rows(name, some, start, start + WINDOW)
                for start in starts
            ]
        else:
            parts = [
                cell.means(name, start, start + WINDOW) for start in starts
            ]

        return np.concatenate(parts, axis=1)


Offer = Callable[["CellTrace", "int | None"], Sequence[Channel]]
"""Returns the channels there are of a cell, a pixel of its pictures or their
mean, in the order `m` goes through them.
"""
Further = Callable[["CellTrace"], Sequence[Channel]]
"""Returns the channels that a map can show of a cell beyond those."""


def nothing_further(cell: CellTrace) -> Sequence[Channel]:
    """Return no further channel."""
    return ()


def quantities(cell: CellTrace, pixel: int | None = None) -> list[Channel]:
    """Return a channel for each quantity of a cell: states, gates,
    pre-activations.
    """
    return [Quantity(cell, name, pixel) for name in choices(cell)]


def choices(cell: CellTrace) -> list[str]:
    """Return the quantities in the order `m` goes through them: states, gates,
    pre-activations.
    """
    names = cell.names
    states = cell.cell.states
    before = [name for name in names if name.startswith(BEFORE)]
    gates = [
        name for name in names if name not in states and name not in before
    ]

    return [*states, *gates, *before]


def written(channel: Channel, *, ascii_only: bool) -> str:
    """Return how a channel is written on this terminal."""
    if ascii_only:
        return channel.ascii_symbol

    return channel.symbol


def without_pre_activations(channels: Sequence[Channel]) -> list[Channel]:
    """Return the channels that are followed for one unit: its states and
    gates.
    """
    return [
        channel for channel in channels if not channel.name.startswith(BEFORE)
    ]


def spread(timesteps: int, window: int) -> list[int]:
    """Return where windows begin that are spread over the sequence."""
    last = max(0, timesteps - window)
    starts = np.linspace(0, last, WINDOWS).astype(int)

    return sorted(set(starts.tolist()))


@lru_cache(maxsize=32)
def _scale(cell: CellTrace, name: str, pixel: int | None) -> Scale:
    return Quantity(cell, name, pixel).find_scale()


def sibling(cells: tuple[CellTrace, ...], cell: CellTrace) -> CellTrace | None:
    """Return the same cell of the other direction, None where there is none."""
    for other in cells:
        same = (
            other.layer == cell.layer
            and other.index == cell.index
            and other.timesteps == cell.timesteps
        )
        opposite = (
            other.direction is not None and other.direction != cell.direction
        )
        if same and opposite and other is not cell:
            return other

    return None


def revealed(read: Channel | CellTrace, step: int) -> tuple[int, int]:
    """Return the first and last timestep that has been read at the
    `step`-th.
    """
    if read.reverse:
        return (read.timesteps - 1 - step, read.timesteps - 1)

    return (0, step)
