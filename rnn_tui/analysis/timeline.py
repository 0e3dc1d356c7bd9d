"""The locked timeline of a run and the same run with held timesteps: holding
inserts timesteps, and each timestep of the run without changes is compared with
its own, later one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.trace.values import Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.analysis.changes import Hold
    from rnn_tui.engine.core.arrays import Array
    from rnn_tui.engine.trace.trace import CellTrace

    Indices = NDArray[np.intp]

NONE = -1
"""In the place of a timestep: there is none to compare with."""


@dataclass(frozen=True)
class Timeline:
    """The timesteps of two runs: `timesteps` counts those of the run without
    changes, `holds` are the timesteps that the other run reads several times.

    The first reading of a held timestep is compared, in the direction in which
    a cell reads; the further ones have none to be compared with.
    """

    timesteps: int
    holds: tuple[Hold, ...] = ()

    @property
    def shifts(self) -> tuple[tuple[int, int], ...]:
        """From which timestep on the timesteps come how many later, rising."""
        found = []
        later = 0
        for hold in sorted(self.holds):
            if hold.times > 1:
                later += hold.times - 1
                found.append((hold.timestep + 1, later))

        return tuple(found)

    @property
    def moves(self) -> bool:
        """Whether any timestep comes later."""
        return bool(self.shifts)

    @property
    def timesteps_after(self) -> int:
        """How many timesteps the run with changes has."""
        return self.timesteps + sum(hold.times - 1 for hold in self.holds)

    @property
    def words(self) -> str:
        """How the timesteps are compared, in one line; empty where none
        moves.
        """
        if not self.moves:
            return ""

        parts = [
            f"from t {start} on {later} later" for start, later in self.shifts
        ]

        return (
            "each timestep is compared with its own, which comes "
            f"{', '.join(parts)}"
        )

    def places(self, reverse: bool = False) -> Indices:
        """Return the timestep of the run with changes that each timestep is."""
        if reverse:
            return self._places_backwards

        return self._places

    def origins(self, reverse: bool = False) -> Indices:
        """Return the timestep that each one of the run with changes was; NONE
        for a further reading of a held one.
        """
        found = np.full(self.timesteps_after, NONE)
        found[self.places(reverse)] = np.arange(self.timesteps)

        return found

    @cached_property
    def _places(self) -> Indices:
        return self._moved(beyond=0)

    @cached_property
    def _places_backwards(self) -> Indices:
        # a cell that reads from the end reads the last of them first
        return self._moved(beyond=1)

    def _moved(self, beyond: int) -> Indices:
        places = np.arange(self.timesteps)
        moved = places.copy()
        for hold in self.holds:
            moved[places + beyond > hold.timestep] += hold.times - 1

        return moved

    def without_held(self, cell: CellTrace) -> CellTrace:
        """Return a cell of the run with changes on the timeline of the other:
        without the further readings.
        """
        return _placed(cell, self.places(cell.reverse))

    def with_held(self, cell: CellTrace) -> CellTrace:
        """Return a cell of the run without changes on the timeline of the
        other: NaN at the further readings.
        """
        return _placed(cell, self.origins(cell.reverse))


def _placed(cell: CellTrace, indices: Indices) -> CellTrace:
    """Return a cell whose timestep k is the one that `indices[k]` names."""
    nearest = np.maximum.accumulate(np.maximum(indices, 0))
    mask = cell.mask
    if mask is not None:
        mask = mask[:, nearest]

    return replace(
        cell,
        x=cell.x[:, nearest],
        values=_Placed(cell.values, indices),
        mask=mask,
    )


class _Placed(Values):
    """Values in other places: NaN where there are none."""

    def __init__(self, values: Values, indices: Indices) -> None:
        self._values = values
        self._indices = indices
        self.exact = values.exact

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities of the cell."""
        return self._values.names

    @property
    def timesteps(self) -> int:
        """How many places there are."""
        return len(self._indices)

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Array:
        """Return the values at places `start` to `stop`."""
        chosen = self._indices[start:stop]
        parts = [
            self._stretch(name, first, length)
            for first, length in _stretches(chosen)
        ]
        if not parts:
            return self._values.read(name, 0, 0)

        return np.concatenate(parts, axis=1)

    def _stretch(self, name: str, first: int, length: int) -> Array:
        """Return so many timesteps one after the other."""
        if first != NONE:
            return self._values.read(name, first, first + length)

        one = self._values.read(name, 0, 1)  # (batch, 1, …, units)
        shape = (one.shape[0], length, *one.shape[2:])

        return np.full(shape, np.nan, one.dtype)


def _stretches(indices: Indices) -> Iterator[tuple[int, int]]:
    """Yield the first of each stretch of timesteps that follow each other, or
    NONE, and its length.
    """
    if not len(indices):
        return

    steps = np.diff(indices)
    absent = indices == NONE
    follows = np.where(absent[1:], absent[:-1], (steps == 1) & ~absent[:-1])
    begins = np.flatnonzero(np.concatenate([[True], ~follows]))
    ends = np.append(begins[1:], len(indices))
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        yield int(indices[begin]), end - begin
