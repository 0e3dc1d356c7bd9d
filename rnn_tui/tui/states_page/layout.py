"""Which maps the States view shows of a cell, and how the room it has is shared out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.engine.cells.kinds import kind_of
from rnn_tui.engine.trace.downsampled import whole
from rnn_tui.tui.renderables.grid import Grid
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.session import tokens as reading
from rnn_tui.tui.states_page.channels import Quantity, sibling
from rnn_tui.tui.states_page.page import Stage

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

FEATURE_LINES = 3


def build(
    trace: ModelTrace,
    cell: CellTrace,
    wanted: tuple[str, str],
    room: tuple[int, int],
    look: Look,
    *,
    rail_beside: bool,
    zoom: bool = False,
    pixel: int | None = None,
) -> Stage:
    """Return what to show of `cell`: `wanted` names the maps' quantities (empty: the
    usual), `room` is in cells.

    A Bidirectional's maps are its directions, the forward one above. `zoom` shows the
    whole of a run that has more timesteps than there are columns; otherwise such a run
    has a strip that shows where the page lies in it.
    """
    width = max(room[0], 1)
    height = room[1]
    run = cell
    long = cell.timesteps > width
    if zoom and long:
        trace = whole(trace, width)
        cell = next(found for found in trace.cells if found.key == cell.key)

    other = sibling(trace.cells, cell)
    first = kind_of(cell.cell).first
    if other is not None:
        if cell.reverse and not other.reverse:
            pair = (other, cell)
        else:
            pair = (cell, other)

        names = [wanted[k] if wanted[k] in pair[k].names else "h" for k in (0, 1)]
        maps = [
            Quantity(which, name, pixel)
            for which, name in zip(pair, names, strict=True)
        ]
    else:
        names = [
            want if want in cell.names else usual
            for want, usual in zip(wanted, first, strict=True)
        ]
        maps = [Quantity(cell, name, pixel) for name in names if name]

    if height < 14:
        maps = [quantity for quantity in maps if quantity.cell is cell][:1]

    features = int(cell.x.shape[-1])
    if height < 11:
        lines = 0
    elif features == 1:
        lines = 1
    else:
        lines = min(FEATURE_LINES, (features + 1) // 2, max(1, height // 12))

    if reading.token_ids(trace, cell, 0, min(cell.timesteps, 64)) is not None:
        lines = min(lines, 1)

    if cell.mask is not None and lines:
        mask = 1
    else:
        mask = 0

    if long and not zoom and height >= 16:
        strip = 1
    else:
        strip = 0

    free = (
        height
        - lines
        - mask
        - strip
        - 1
        - len(maps)
        - (0 if rail_beside or not lines else 1)
    )
    grid = Grid(
        width,
        max(1, free // len(maps)),
        cell.timesteps,
        cell.units,
        look.half,
        run.timesteps if cell is not run else 0,
    )
    shown = Stage(trace, maps, grid, look, lines, rail_beside)
    shown.cell = cell
    shown.run = run
    shown.strip = strip
    shown.gap = len(maps) * grid.used_lines < free

    return shown
