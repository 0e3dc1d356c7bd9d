"""The room that the selected unit's rail has beside the maps: always in a wide
view, in a narrower one where the maps of a run need less than there is.
"""

from __future__ import annotations

from rnn_tui.tui.renderables.grid import GUTTER, NUMBERED, Grid

MARGIN = 2
"""Cells at both sides of the maps."""
RAIL_WIDTH, NARROW_RAIL = 46, 32
"""Cells of the rail at least, and where only a short run leaves it room."""
RAIL_FROM = 112
"""The narrowest view that always has room for the rail beside the maps."""
LEAST_MAPS = 40
"""Cells that maps have at least beside a narrow rail, for their captions."""
LEAST_HEIGHT = 16
"""Lines from which on a narrow rail has more to show than the line of values
below the maps.
"""
TOO_FREE = 4
"""A rail comes into a view of which more than a `TOO_FREE`-th would be free."""


def rail_beside(timesteps: int, size: tuple[int, int]) -> int:
    """Return the cells that the rail has at least beside the maps of a run in
    a view of this size, 0 where it has no room there.
    """
    width, height = size
    if width >= RAIL_FROM:
        return RAIL_WIDTH

    room = width - MARGIN - GUTTER
    beside = room - NARROW_RAIL
    if height < LEAST_HEIGHT or beside < LEAST_MAPS or timesteps > beside:
        return 0

    # columns stay as wide as numbers need, or are narrow anyway
    alone = Grid(room, 1, timesteps, 1)
    free = room - alone.used_width
    if timesteps * NUMBERED <= beside or free * TOO_FREE > room:
        return NARROW_RAIL

    return 0
