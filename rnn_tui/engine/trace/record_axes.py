"""The axes of a record: `(timesteps, slots · units · batch)` in processing
order, read as `(batch, timesteps, …, units)` in input time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from rnn_tui.engine.core.arrays import Array


@dataclass(frozen=True)
class RecordAxes:
    """The order of the slots of a record, and the sides of each."""

    slots: tuple[str, ...]
    units: int
    place: tuple[int, ...]
    """The batch, and the rows and columns of a picture."""
    reverse: bool

    @cached_property
    def width(self) -> int:
        """How many columns a slot has."""
        return self.units * math.prod(self.place)

    @property
    def columns(self) -> int:
        """How many columns a record has."""
        return len(self.slots) * self.width

    def slot(self, name: str) -> slice:
        """Return the columns of a quantity."""
        k = self.slots.index(name)
        start = k * self.width

        return slice(start, start + self.width)

    def shaped(self, flat: Array) -> Array:
        """Return `(timesteps, width)` as `(batch, timesteps, …, units)`, a
        view.
        """
        # (timesteps, units, batch, …)
        split = flat.reshape(len(flat), self.units, *self.place)

        return split.transpose(2, 0, *range(3, split.ndim), 1)

    def divided(self, record: Array) -> dict[str, Array]:
        """Return every slot of a stretch of the record, shaped, a view."""
        return {
            name: self.shaped(record[:, self.slot(name)]) for name in self.slots
        }

    def units_last(self, flat: Array) -> Array:
        """Return `(timesteps, units · batch)` as `(batch, timesteps, units)`, a
        view.
        """
        by_unit = flat.reshape(len(flat), self.units, -1)

        return by_unit.transpose(2, 0, 1)

    def averaged(self, flat: Array) -> Array:
        """Return `(timesteps, n · batch · pixels)` as its means over the
        pixels, `(timesteps, n · batch)`.
        """
        pixels = math.prod(self.place[1:])
        if pixels == 1:
            return flat

        by_pixel = flat.reshape(len(flat), -1, pixels)
        means: Array = by_pixel.mean(axis=2)

        return means

    def processed(
        self,
        start: int,
        stop: int | None,
        timesteps: int,
    ) -> tuple[slice, slice]:
        """Return where a stretch of input time is in processing order, and how
        it is turned back.
        """
        start, stop, _ = slice(start, stop).indices(timesteps)
        stop = max(start, stop)
        if not self.reverse:
            return slice(start, stop), slice(None)

        window = slice(timesteps - stop, timesteps - start)

        return window, slice(None, None, -1)
