"""A map's caption: what its channel is, and which part of it the page shows."""

from __future__ import annotations

from rich.segment import Segment

from rnn_tui.tui.renderables.caption import caption
from rnn_tui.tui.renderables.channel import Channel, written
from rnn_tui.tui.renderables.grid import GUTTER, Grid
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.session.cursor import Place

ENOUGH = 60
"""Cells that a caption needs at most, where the map is narrower."""


def map_caption(
    channel: Channel,
    grid: Grid,
    place: Place,
    look: Look,
    *,
    current: bool,
) -> list[Segment]:
    """Return the line above a map; `current` marks the direction the place is
    in.
    """
    indent = Segment(" " * GUTTER, ink(look.muted))
    width = max(grid.columns * grid.cells, min(grid.width, ENOUGH))
    line = caption(
        written(channel, ascii_only=look.ascii),
        about(channel, grid, place),
        channel.scale(),
        look,
        width,
        current=current,
    )

    return [indent, *line]


def about(channel: Channel, grid: Grid, place: Place) -> list[str]:
    """Return what there is to say of a map, the most important first."""
    parts = [channel.meaning]
    if channel.direction is not None:
        parts.insert(0, channel.direction)

    if channel.where:
        parts.append(channel.where)

    if grid.whole:
        stretch = grid.whole / grid.timesteps
        parts.append(f"means of {stretch:.3g} timesteps")

    if grid.rows < grid.units:
        first = grid.first_unit(place.unit)
        last = min(first + grid.rows, grid.units) - 1
        parts.append(f"units {first}–{last} of {grid.units}")

    if grid.columns < grid.timesteps:
        start = grid.first_timestep(place.t)
        last = min(start + grid.columns, grid.timesteps) - 1
        parts.append(f"t {start}–{last}")

    return parts
