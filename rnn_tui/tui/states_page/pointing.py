"""The value and the timestep that the mouse is over in the States view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnn_tui.tui.renderables.numbers import STILL, short
from rnn_tui.tui.states_page.parts import NAMES

if TYPE_CHECKING:
    from rnn_tui.tui.renderables.grid import Grid
    from rnn_tui.tui.session.unit_order import UnitOrder
    from rnn_tui.tui.states_page.maps_table import Map
    from rnn_tui.tui.states_page.parts import Pointer
    from rnn_tui.tui.states_page.rows import Row

NO_MAP = ("", "")
"""What is said where the mouse is over no map."""


def pointed(
    pointer: Pointer,
    maps: Sequence[Map],
    rows: Sequence[Row],
    grid: Grid,
    order: UnitOrder,
    sequence: int,
    *,
    ascii_only: bool,
) -> tuple[str, str]:
    """Return the map that the mouse is over, and the value there in words; both
    empty where it is over none.
    """
    t = pointer.t
    if pointer.which == "third" and pointer.row < len(rows):
        row = rows[pointer.row]
        name = row.named(ascii_only=ascii_only)
        value = row.read(t, t + 1, sequence)[0]
    elif pointer.which in NAMES[: len(maps)]:
        unit = order.units[pointer.row]
        name = f"unit {unit}"
        channel = maps[NAMES.index(pointer.which)].channel
        value = channel.read(t, t + 1, sequence)[0, unit]
    else:
        return NO_MAP

    words = f"{name} · t {grid.label(t)} · {short(float(value), STILL)}"

    return pointer.which, words


def timestep_at(grid: Grid, t: int, x: int) -> int:
    """Return the timestep of the run at cell x of the page that t is on."""
    inside = min(max(x, 0), grid.used_width - 1)
    column = grid.column_at(inside) or 0
    start = grid.first_timestep(t)

    return grid.label(min(start + column, grid.timesteps - 1))
