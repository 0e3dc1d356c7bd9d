"""Which maps the States view shows of a cell, and how the room it has is shared
out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rnn_tui.engine.cells.kinds import kind_of
from rnn_tui.engine.trace.downsampled import whole
from rnn_tui.tui.renderables.grid import GUTTER, NUMBERED, Grid
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.session import tokens as reading
from rnn_tui.tui.session.unit_order import UnitOrder
from rnn_tui.tui.states_page.channels import sibling
from rnn_tui.tui.states_page.maps_table import Map
from rnn_tui.tui.states_page.page import Stage, gates_of
from rnn_tui.tui.states_page.parts import NAMES, Extras, Lines

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.tui.renderables.channel import Channel

FEATURE_LINES = 3

ROOMY = 4
"""Half lines of a unit from which on a third map may have some of them."""

LEAST = 4
"""Lines that a map of units has at least beside a third map."""

MARGIN = 2
"""Cells at both sides of the maps."""
RAIL_WIDTH, NARROW_RAIL = 46, 32
"""Cells of the selected unit's rail at least, and where only a short run leaves
it room.
"""
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

FOR_INPUT, FOR_TWO_MAPS, FOR_STRIP = 11, 14, 16
"""Lines from which on there is room for the input, for a second map, and for
the strip of a long run.
"""


def build(
    trace: ModelTrace,
    cell: CellTrace,
    wanted: tuple[str, str],
    room: tuple[int, int],
    look: Look,
    *,
    rail_beside: bool,
    zoom: int = 0,
    pixel: int | None = None,
    fit: bool = False,
    extras: Extras | None = None,
    order: UnitOrder | None = None,
) -> Stage:
    """Return what to show of `cell`: `wanted` names the maps' channels (empty:
    the usual), `room` is in cells, `extras` says what else there is.

    A Bidirectional's maps are its directions, the forward one above. `zoom`
    says how often the timesteps of a column double in a run that has more of
    them than there are columns. Such a run has a strip that shows which part of
    it the page is, as long as it isn't seen as a whole. `fit` draws each unit
    on its own scale, `order` says which units are shown, all where there is
    none.
    """
    order = order or UnitOrder(cell.key, cell.units)
    extras = extras or Extras()
    width = max(room[0], 1)
    height = room[1]
    run, whole_trace = cell, trace
    if zoom and cell.timesteps > width:
        trace = whole(trace, columns_of(cell.timesteps, width, zoom))
        cell = _same(trace, run)

    maps = _maps(trace, cell, wanted, pixel, extras)
    if cell is not run:
        maps = [_with_exact(one, whole_trace, pixel, extras) for one in maps]

    if height < FOR_TWO_MAPS:
        maps = [one for one in maps if one.cell is cell][:1]

    lines = _lines(trace, cell, height, extras, rail_beside=rail_beside)
    if cell.timesteps > width and height >= FOR_STRIP:
        lines = lines._replace(strip=1)

    offered = extras.offer(cell, pixel)
    rows = len(extras.rows) + len(gates_of(offered, cell))
    timesteps = run.timesteps if cell is not run else 0
    free = height - lines.taken - len(maps)
    grids, third_lines, left = _share(
        Grid(
            width,
            1,
            cell.timesteps,
            len(order.units),
            look.half,
            timesteps,
        ),
        len(maps),
        free,
        rows,
        bool(extras.rows),
    )
    if lines.input:
        most = _input_lines(trace, cell)
        more = max(0, min(left - 1, most - lines.input))
        lines = lines._replace(input=lines.input + more)
        left -= more

    lines = lines._replace(third=third_lines, gaps=max(0, min(left, 2)))

    return Stage(
        trace,
        cell,
        run,
        maps,
        offered,
        grids,
        look,
        lines,
        extras,
        order,
        fit=fit,
        pixel=pixel,
    )


def rail_beside(timesteps: int, size: tuple[int, int]) -> int:
    """Return the cells that the rail has at least beside the maps of a run in
    a view of this size, 0 where it has no room there: in a narrow view it has
    some where the maps of the run need less than there is.
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


def columns_of(timesteps: int, width: int, zoom: int) -> int:
    """Return how many columns a run has whose timesteps were put together in
    pairs `zoom` times: as many as there is room for where all of them have.
    """
    return max(width, -(-timesteps // (1 << zoom)))


def zoomed(timesteps: int, width: int, zoom: int, by: int) -> int:
    """Return the zoom after another step out or in; beyond the last one it is
    the first again.
    """
    last = 0
    while columns_of(timesteps, width, last) > width:
        last += 1

    return (min(zoom, last) + by) % (last + 1)


def _share(
    grid: Grid,
    maps: int,
    free: int,
    rows: int,
    asked: bool,
) -> tuple[tuple[Grid, Grid], int, int]:
    """Return the grid of the maps and that of the third map of `rows` in `free`
    lines, the lines that the third one takes, and how many are left.

    The maps come first; those whose rows are high give the third one room, and
    where rows were `asked` for all do.
    """
    needed = 1 + rows
    grid = replace(grid, height=max(1, free // maps))
    third = replace(grid, height=1, units=1, half=False)
    if maps < len(NAMES) or not rows:
        return (grid, third), 0, free - maps * grid.used_lines

    left = free - maps * grid.used_lines
    less = (free - needed) // maps
    if left < needed and less >= LEAST and (asked or grid.halves >= ROOMY):
        grid = replace(grid, height=less)
        left = free - maps * grid.used_lines

    if left < needed:
        return (grid, third), 0, left

    third = replace(third, height=left - 1, units=rows)

    return (grid, third), third.used_lines, left - 1 - third.used_lines


def _maps(
    trace: ModelTrace,
    cell: CellTrace,
    wanted: tuple[str, str],
    pixel: int | None,
    extras: Extras,
) -> list[Map]:
    """Return the maps: of a cell the channels wanted, or the usual; of a
    Bidirectional one of each direction.
    """
    other = sibling(trace.cells, cell)
    if other is None:
        cells = (cell, cell)
        usual = kind_of(cell.cell).first
    else:
        usual = ("h", "h")
        if cell.reverse and not other.reverse:
            cells = (other, cell)
        else:
            cells = (cell, other)

    maps = []
    for which, want, otherwise in zip(cells, wanted, usual, strict=True):
        channel = None
        if want:
            channel = _channel(which, want, pixel, extras)
        if channel is None and otherwise:
            channel = _channel(which, otherwise, pixel, extras)

        if channel is not None:
            maps.append(Map(which, channel, channel))

    return maps


def _channel(
    cell: CellTrace,
    name: str,
    pixel: int | None,
    extras: Extras,
) -> Channel | None:
    """Return the channel of a cell that has a name, None where none has it."""
    for channel in extras.offer(cell, pixel):
        if channel.name == name:
            return channel

    for channel in extras.further(cell):
        if channel.name == name:
            return channel

    return None


def _with_exact(
    one: Map,
    trace: ModelTrace,
    pixel: int | None,
    extras: Extras,
) -> Map:
    """Return a map of means with the channel of the run itself."""
    run = _same(trace, one.cell)
    exact = _channel(run, one.channel.name, pixel, extras)
    assert exact is not None

    return one._replace(exact=exact)


def _same(trace: ModelTrace, cell: CellTrace) -> CellTrace:
    """Return a trace's cell that is the same as one of another trace."""
    return next(found for found in trace.cells if found.key == cell.key)


def _lines(
    trace: ModelTrace,
    cell: CellTrace,
    height: int,
    extras: Extras,
    *,
    rail_beside: bool,
) -> Lines:
    """Return how many lines the lanes have in a view of `height` lines."""
    if height < FOR_INPUT:
        return Lines(rail_beside)

    shown = min(
        FEATURE_LINES,
        _input_lines(trace, cell),
        max(1, height // 12),
    )
    if height >= FOR_TWO_MAPS:
        extra = sum(lane.height for lane in extras.lanes)
    else:
        extra = 0

    return Lines(
        rail_beside,
        input=shown,
        extra=extra,
        mask=0 if cell.mask is None else 1,
        now=0 if rail_beside or (extra and extras.instead) else 1,
    )


def _input_lines(trace: ModelTrace, cell: CellTrace) -> int:
    """Return how many lines show all of what a cell read."""
    features = int(cell.x.shape[-1])
    few = min(cell.timesteps, 64)
    is_text = reading.token_ids(trace, cell, 0, few) is not None
    if is_text:
        return 1

    # two features share a line
    return (features + 1) // 2
