"""Rows and lanes that a page shows beside its maps: one value a timestep, on a
scale of its own.

A row is drawn in the third map, a lane below the input. The gates of the
selected unit are rows; others come with `Extras`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.grid import Grid
from rnn_tui.tui.renderables.scales import STATE_SCALE, Scale


@dataclass(frozen=True, eq=False)
class Row:
    """One value a timestep: `read` returns timesteps start to stop of a
    sequence of the run, `key` is equal for rows with the same values. The label
    has at most five cells.
    """

    key: Hashable
    label: str
    ascii_label: str
    read: Callable[[int, int, int], Array]
    scale: Scale

    def named(self, *, ascii_only: bool) -> str:
        """Return how the row is named on this terminal."""
        if ascii_only:
            return self.ascii_label

        return self.label


class Lane(NamedTuple):
    """A row on a line of its own below the input, and the lines that explain
    it; empty where it needs none. One of text has the `tokens` at some
    timesteps instead of the row's values; one with `heights` is drawn as the
    input is, from the lowest value of its scale to the highest.
    """

    row: Row
    caption: str = ""
    tokens: Callable[[Sequence[int]], Sequence[str]] | None = None
    heights: bool = False

    @property
    def height(self) -> int:
        """The lines it takes."""
        return 1 + len(self.caption.splitlines())


@dataclass(frozen=True, eq=False)
class RowsChannel:
    """Rows as a channel: each is a unit of it."""

    rows: Sequence[Row]
    timesteps: int
    reverse: bool

    name = title = symbol = ascii_symbol = "rows"
    meaning = where = ""
    direction: str | None = None

    @property
    def key(self) -> Hashable:
        """Equal for two channels of the same rows."""
        return tuple([row.key for row in self.rows])

    @property
    def units(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def read(self, start: int, stop: int, sequence: int = 0) -> Array:
        """Return timesteps start to stop, `(timesteps, rows)`."""
        found = [row.read(start, stop, sequence) for row in self.rows]
        return np.stack(found, axis=1)

    def scale(self) -> Scale:
        """Return a scale that serves where a row has none."""
        return STATE_SCALE


def fitted(row: Row, grid: Grid) -> Row:
    """Return a row of a run in the columns of a grid: where a column is a
    stretch of time, by its value farthest from zero.
    """
    if not grid.whole:
        return row

    def read(start: int, stop: int, sequence: int) -> Array:
        edges = [grid.label(column) for column in range(start, stop + 1)]
        values = row.read(edges[0], edges[-1], sequence)
        starts = np.array(edges[:-1]) - edges[0]
        high = np.fmax.reduceat(values, starts)
        low = np.fmin.reduceat(values, starts)
        extreme: Array = np.where(high >= -low, high, low)

        return extreme

    return replace(row, key=(row.key, grid), read=read)


def unit_rows(
    channels: Sequence[Channel],
    unit: int,
    scales: Sequence[Scale],
) -> list[Row]:
    """Return a row for each channel of a unit, on these scales."""
    return [
        _unit_row(channel, unit, scale)
        for channel, scale in zip(channels, scales, strict=True)
    ]


def _unit_row(channel: Channel, unit: int, scale: Scale) -> Row:
    def read(start: int, stop: int, sequence: int) -> Array:
        values: Array = channel.read(start, stop, sequence)[:, unit]
        return values

    return Row(
        (channel.key, unit, scale),
        channel.symbol,
        channel.ascii_symbol,
        read,
        scale,
    )


class ShownRows(NamedTuple):
    """The rows of the third map with their scales and their names."""

    rows: Sequence[Row]
    scales: Sequence[Scale]
    names: tuple[str, ...]


def shown_rows(
    gates: Sequence[Channel],
    unit: int,
    own_scales: Sequence[Sequence[Scale]],
    asked: Sequence[Row],
    most: int,
    *,
    ascii_only: bool,
) -> ShownRows:
    """Return the rows that were asked for and those of a unit's gates, at most
    so many; `own_scales` has for each gate the scales of its units, empty where
    they have one together.
    """
    scales = [
        own[unit] if own else channel.scale()
        for channel, own in zip(gates, own_scales, strict=True)
    ]
    rows = [*asked, *unit_rows(gates, unit, scales)][:most]
    names = [row.named(ascii_only=ascii_only) for row in rows]

    return ShownRows(rows, [row.scale for row in rows], tuple(names))
