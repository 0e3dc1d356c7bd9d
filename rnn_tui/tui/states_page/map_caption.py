"""A map's caption: what its channel is, and which part of it the page shows."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from rnn_tui.tui.renderables.caption import NARROW, caption, scale_legend
from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.grid import GUTTER, Grid
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.scales import Scale
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.unit_order import UnitOrder
from rnn_tui.tui.states_page.channels import written
from rnn_tui.tui.states_page.rows import Row

PLAIN = Style(dim=False)
ROWS = "unit"
"""The heading of the rows' labels."""
NARROWEST = 48
"""Cells that captions have at least, where there is room and the map is
narrower.
"""


def maps_width(grid: Grid) -> int:
    """Return the cells that maps and their captions take."""
    return max(grid.used_width, min(grid.width, NARROWEST))


def map_caption(
    channel: Channel,
    grid: Grid,
    place: Place,
    look: Look,
    order: UnitOrder,
    *,
    current: bool,
    fit: bool = False,
    pointed: str = "",
) -> list[Segment]:
    """Return the line above a map; `current` marks the direction the place is
    in, `fit` says that each unit has its own scale. What is `pointed` at is
    said instead of everything else.
    """
    said = [pointed] if pointed else about(channel, grid, place, order, fit=fit)
    heading = Segment(f"{ROWS:>{GUTTER - 1}} ", ink(look.muted))
    width = maps_width(grid)
    scale = channel.scale()
    line = caption(
        written(channel, ascii_only=look.ascii),
        said,
        scale,
        look,
        width,
        current=current,
        ends=own_ends(scale) if fit else None,
    )

    return [heading, *line]


def own_ends(scale: Scale) -> tuple[str, str]:
    """Return the ends of the legend where each unit has its own scale."""
    if scale.signed:
        return "−max", "+max"

    return "min", "max"


def rows_caption(
    unit: int,
    rows: Sequence[Row],
    look: Look,
    grid: Grid,
    words: str = "gates",
) -> list[Segment]:
    """Return the line above the rows of a unit, with each scale that they have
    and the rows it is of.
    """
    title = f"unit {unit}"
    width = maps_width(grid)
    room = width - len(title) - len(words) - 4
    legends = _legends(rows, look, named=True)
    if _cells(legends) > room:
        legends = _legends(rows, look, named=False)

    while legends and _cells(legends) > room:
        legends.pop()

    blanks = " " * max(room + 2 - _cells(legends), 2)

    return [
        Segment(" " * GUTTER, ink(look.muted)),
        Segment(title, ink(look.accent, bold=True)),
        Segment(f"  {words}", ink(look.muted)),
        Segment(blanks, PLAIN),
        *(segment for legend in legends for segment in legend),
    ]


def _legends(
    rows: Sequence[Row],
    look: Look,
    *,
    named: bool,
) -> list[list[Segment]]:
    """Return the legend of each scale that rows have; where there are several,
    `named` puts the rows it is of before each.
    """
    names: dict[Scale, list[str]] = {}
    for row in rows:
        of_scale = names.setdefault(row.scale, [])
        of_scale.append(row.named(ascii_only=look.ascii))

    legends: list[list[Segment]] = []
    for scale, of in names.items():
        legend = scale_legend(scale, look, NARROW)
        if named and len(names) > 1:
            legend.insert(0, Segment(f"{' '.join(of)} ", ink(look.foreground)))
        if legends:
            legend.insert(0, Segment("  ", PLAIN))

        legends.append(legend)

    return legends


def _cells(legends: Sequence[Sequence[Segment]]) -> int:
    return sum(segment.cell_length for legend in legends for segment in legend)


def about(
    channel: Channel,
    grid: Grid,
    place: Place,
    order: UnitOrder,
    *,
    fit: bool = False,
) -> list[str]:
    """Return what there is to say of a map, the most important first; the unit
    of `place` is the row of the map that it has in `order`.
    """
    parts = [channel.meaning]
    if channel.direction is not None:
        parts.insert(0, channel.direction)

    if channel.where:
        parts.insert(0, channel.where)

    if fit:
        parts.append("each unit on its own scale")

    if grid.whole:
        stretch = grid.whole / grid.timesteps
        parts.append(f"extremes of {stretch:.3g} timesteps")

    parts += order.words()
    if grid.rows < grid.units:
        first = grid.first_unit(place.unit)
        last = min(first + grid.rows, grid.units) - 1
        word = "units" if order.is_stored else "rows"
        parts.append(f"{word} {first}–{last} of {grid.units}")

    if grid.columns < grid.timesteps:
        start = grid.first_timestep(place.t)
        last = min(start + grid.columns, grid.timesteps) - 1
        first = grid.label(start)
        stop = grid.label(last + 1) if grid.whole else last + 1
        parts.append(f"t {first}–{stop - 1}")

    return parts
