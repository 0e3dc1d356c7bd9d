"""Every value of a cell over a sequence, read a stretch of time at a time,
wherever the values are kept.

A run leaves a record (record.py, checkpointed.py), a picture of a whole run the
means of its stretches (downsampled.py); GivenValues holds arrays that are there
already.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.trace.overview import Summary, summary

TOGETHER = 1024
"""Timesteps that `windows` reads at once of values that are kept."""


class Values(Mapping[str, Array], ABC):
    """The quantities of a cell by their names, each
    `(batch, timesteps, …, units)` in input time.
    """

    exact = True
    """Whether a column is a timestep; False for one that is a stretch's
    mean.
    """

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The quantities that can be read, in the cell's own order."""

    @property
    @abstractmethod
    def timesteps(self) -> int:
        """The length of the sequence."""

    @property
    def filled(self) -> int:
        """How many timesteps are computed, in the order in which the cell
        reads.
        """
        return self.timesteps

    @abstractmethod
    def read(self, name: str, start: int = 0, stop: int | None = None) -> Array:
        """Return timesteps `start` to `stop` of a quantity,
        `(batch, stop - start, …, units)`.
        """

    def read_rows(
        self,
        name: str,
        rows: tuple[int, ...],
        start: int = 0,
        stop: int | None = None,
    ) -> Array:
        """Return as `read` does, of some sequences of the batch only."""
        every = self.read(name, start, stop)
        values: Array = every[list(rows)]
        return values

    def means(
        self,
        name: str,
        start: int = 0,
        stop: int | None = None,
    ) -> Array:
        """Return as `read` does, of pictures the mean of their pixels: always
        `(batch, stop - start, units)`.
        """
        values = self.read(name, start, stop)
        if values.ndim == 3:
            return values

        sides = tuple(range(2, values.ndim - 1))
        means: Array = values.mean(axis=sides)

        return means

    def overview(
        self,
        name: str,
        columns: int,
        start: int = 0,
        stop: int | None = None,
    ) -> Summary:
        """Return the smallest, mean and largest of each of `columns` stretches
        of time.
        """
        return summary(self.read(name, start, stop), columns)

    def windows(
        self,
        timesteps: int | None = None,
    ) -> Iterator[tuple[int, Mapping[str, Array]]]:
        """Yield the first timestep of each window of time with every quantity
        in it, each computed once. A window has so many `timesteps`.
        """
        step = timesteps or TOGETHER
        for start in range(0, self.timesteps, step):
            stop = min(start + step, self.timesteps)
            yield (
                start,
                {name: self.read(name, start, stop) for name in self.names},
            )

    def recomputes(self, name: str) -> bool:
        """Return whether each reading of a quantity computes it again."""
        return False

    def window_of(self, timesteps: int) -> int:
        """Return the length of the windows, near so many timesteps, that are
        best read one after the other.
        """
        return max(1, timesteps)

    def until(self, timesteps: int) -> Values:
        """Return the same values as if they ended there."""
        raise NotImplementedError(f"{type(self).__name__} is never cut")

    def __getitem__(self, name: str) -> Array:
        if name not in self.names:
            raise KeyError(name)

        return self.read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class GivenValues(Values):
    """Arrays that are there already, each `(batch, timesteps, …, units)`."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = arrays

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the arrays."""
        return tuple(self._arrays)

    @property
    def timesteps(self) -> int:
        """The length of the arrays."""
        return int(next(iter(self._arrays.values())).shape[1])

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Array:
        """Return timesteps `start` to `stop` of an array, a view."""
        return self._arrays[name][:, start:stop]
