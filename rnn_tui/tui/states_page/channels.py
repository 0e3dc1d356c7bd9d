"""What can be drawn of a cell: a quantity's name on the screen, what it means, its
scale, its values in a window.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from rnn_tui.engine.cells.kinds import TILDE, kind_of
from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.scales import GATE_SCALE, Scale, bounded_scale, usual_scale

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

SIGMOIDS = ("sigmoid", "hard_sigmoid", "sparse_sigmoid")
BOUNDED = ("tanh", "softsign", "hard_tanh", "sigmoid", "hard_sigmoid", "sparse_sigmoid")

FULL_SCAN = 1 << 22
"""Values that are all looked at for a scale; of more, windows spread over the sequence
are.
"""

WINDOWS, WINDOW = 8, 256
SEQUENCES = 64
"""Sequences of a batch that are looked at then."""


@dataclass(frozen=True, eq=False)
class Quantity:
    """One quantity of one cell."""

    cell: CellTrace
    name: str
    pixel: int | None = None
    """Of a picture, which pixel (counted row by row); None is the mean of all."""

    @property
    def meaning(self) -> str:
        """What it is, in a few words."""
        if self.name.startswith("pre_"):
            return "before its activation"

        return kind_of(self.cell.cell).meanings.get(self.name, "")

    @property
    def is_gate(self) -> bool:
        """Whether its values are shares between 0 and 1."""
        shares = kind_of(self.cell.cell).shares
        return (
            self.name in shares and self._activation("recurrent_activation") in SIGMOIDS
        )

    def read(self, start: int, stop: int, sequence: int = 0) -> Array:
        """Return timesteps start to stop, `(timesteps, units)`: of pictures one pixel,
        or the mean of all.
        """
        if self.pixel is None and picture(self.cell):
            means: Array = self.cell.means(self.name, start, stop)[sequence]
            return means

        values: Array = self.cell.read_rows(self.name, (sequence,), start, stop)[0]
        if self.pixel is None:
            return values

        pixels: Array = values.reshape(len(values), -1, values.shape[-1])[:, self.pixel]

        return pixels

    @property
    def where(self) -> str:
        """Which part of a picture is read, in words; empty where there is no
        picture.
        """
        size = picture(self.cell)
        if not size:
            return ""
        if self.pixel is None:
            return f"means of {' × '.join(map(str, size))} pixels"

        indices = np.unravel_index(self.pixel, size)
        return f"pixel {', '.join(str(int(index)) for index in indices)}"

    @property
    def key(self) -> Hashable:
        """Equal for two that have the same values."""
        return self.cell, self.name, self.pixel

    def scale(self) -> Scale:
        """Return the quantity's scale, kept for the cells last looked at; one for all
        the pixels of a picture.
        """
        return _scale(self.cell, self.name, None if self.pixel is None else 0)

    def find_scale(self) -> Scale:
        """Return the quantity's scale: fixed where its activation bounds it and it
        isn't quiet, else its values'.
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
        """Return values to find a scale in: that of the pixels is one for all of
        them.
        """
        timesteps = self.cell.timesteps
        if self.pixel is not None:
            return np.concatenate(
                [self.cell.read(self.name, t, t + 1) for t in spread(timesteps, 1)],
                axis=1,
            )
        if timesteps * self.cell.units * self.cell.batch <= FULL_SCAN:
            return self.cell.means(self.name)

        starts = spread(timesteps, WINDOW)
        if self.cell.batch > SEQUENCES and not picture(self.cell):
            some = tuple(
                np.linspace(0, self.cell.batch - 1, SEQUENCES).astype(int).tolist()
            )
            parts = [
                self.cell.read_rows(self.name, some, start, start + WINDOW)
                for start in starts
            ]
        else:
            parts = [
                self.cell.means(self.name, start, start + WINDOW) for start in starts
            ]

        return np.concatenate(parts, axis=1)


def spread(timesteps: int, window: int) -> list[int]:
    """Return where windows begin that are spread over the sequence."""
    return sorted(
        set(np.linspace(0, max(0, timesteps - window), WINDOWS).astype(int).tolist())
    )


def picture(cell: CellTrace) -> tuple[int, ...]:
    """Return the size of the pictures a cell holds its state in, empty for one that
    holds a value a unit.
    """
    return tuple(cell.initial["h"].shape[1:-1])


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
        if (
            same
            and other is not cell
            and other.direction is not None
            and other.direction != cell.direction
        ):
            return other

    return None


def revealed(cell: CellTrace, step: int) -> tuple[int, int]:
    """Return the first and last timestep the cell has read at its `step`-th."""
    if cell.reverse:
        return (cell.timesteps - 1 - step, cell.timesteps - 1)

    return (0, step)
