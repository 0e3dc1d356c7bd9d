"""Which maps the States view shows of a cell, and how the room it has is shared
out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.engine.cells.kinds import kind_of
from rnn_tui.engine.trace.downsampled import whole
from rnn_tui.tui.renderables.grid import Grid
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.session import tokens as reading
from rnn_tui.tui.states_page.channels import Offer, quantities, sibling
from rnn_tui.tui.states_page.maps_table import Map
from rnn_tui.tui.states_page.page import Lines, Stage

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

FEATURE_LINES = 3

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
    zoom: bool = False,
    pixel: int | None = None,
    offer: Offer = quantities,
) -> Stage:
    """Return what to show of `cell`: `wanted` names the maps' channels (empty:
    the usual), `room` is in cells, `offer` says which channels there are.

    A Bidirectional's maps are its directions, the forward one above. `zoom`
    shows the whole of a run that has more timesteps than there are columns;
    otherwise such a run has a strip that shows which part of it the page is.
    """
    width = max(room[0], 1)
    height = room[1]
    run, whole_trace = cell, trace
    is_long = cell.timesteps > width
    if zoom and is_long:
        trace = whole(trace, width)
        cell = _same(trace, run)

    maps = _maps(trace, cell, wanted, pixel, offer)
    if cell is not run:
        maps = [_with_exact(one, whole_trace, pixel, offer) for one in maps]

    if height < FOR_TWO_MAPS:
        maps = [one for one in maps if one.cell is cell][:1]

    lines = _lines(trace, cell, height, rail_beside=rail_beside)
    if is_long and not zoom and height >= FOR_STRIP:
        lines = lines._replace(strip=1)

    captions = len(maps)
    free = height - lines.taken - captions
    grid = Grid(
        width,
        max(1, free // len(maps)),
        cell.timesteps,
        cell.units,
        look.half,
        run.timesteps if cell is not run else 0,
    )
    lines = lines._replace(gap=len(maps) * grid.used_lines < free)

    return Stage(trace, cell, run, maps, offer(cell, pixel), grid, look, lines)


def _maps(
    trace: ModelTrace,
    cell: CellTrace,
    wanted: tuple[str, str],
    pixel: int | None,
    offer: Offer,
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
        offered = {channel.name: channel for channel in offer(which, pixel)}
        name = want if want in offered else otherwise
        if name:
            maps.append(Map(which, offered[name], offered[name]))

    return maps


def _with_exact(
    one: Map,
    trace: ModelTrace,
    pixel: int | None,
    offer: Offer,
) -> Map:
    """Return a map of means with the channel of the run itself."""
    run = _same(trace, one.cell)
    name = one.channel.name
    exact = next(found for found in offer(run, pixel) if found.name == name)

    return one._replace(exact=exact)


def _same(trace: ModelTrace, cell: CellTrace) -> CellTrace:
    """Return a trace's cell that is the same as one of another trace."""
    return next(found for found in trace.cells if found.key == cell.key)


def _lines(
    trace: ModelTrace,
    cell: CellTrace,
    height: int,
    *,
    rail_beside: bool,
) -> Lines:
    """Return how many lines the lanes have in a view of `height` lines."""
    if height < FOR_INPUT:
        return Lines(rail_beside)

    features = int(cell.x.shape[-1])
    few = min(cell.timesteps, 64)
    is_text = reading.token_ids(trace, cell, 0, few) is not None
    if is_text or features == 1:
        shown = 1
    else:
        two_a_line = (features + 1) // 2
        shown = min(FEATURE_LINES, two_a_line, max(1, height // 12))

    return Lines(
        rail_beside,
        input=shown,
        mask=0 if cell.mask is None else 1,
        now=0 if rail_beside else 1,
    )
