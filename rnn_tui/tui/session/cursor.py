"""Where the user looks: the one state all views share."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A place in the model and in time.

    `layer` is the path of the layer in question; `cell` indexes the model's
    (and the trace's) cells; `unit` is the selected unit of that cell, `t` the
    timestep, `sequence` the sequence of the batch. `pixel` is the selected
    pixel of the cell's pictures, counted row by row; below zero none is.
    """

    layer: str = ""
    cell: int = 0
    unit: int = 0
    t: int = 0
    sequence: int = 0
    pixel: int = -1


def column_of(t: int, timesteps: int, columns: int) -> int:
    """Return the column whose stretch holds timestep t."""
    return min(columns - 1, ((t + 1) * columns - 1) // timesteps)


def seen_whole(place: Place, timesteps: int, columns: int) -> Place:
    """Return the place among the columns."""
    return place._replace(t=column_of(place.t, timesteps, columns))
