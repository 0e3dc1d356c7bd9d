"""The maps of the States view as a table: the values of what they show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rnn_tui.analysis.table import Table
    from rnn_tui.engine.trace.trace import CellTrace
    from rnn_tui.tui.renderables.channel import Channel
    from rnn_tui.tui.renderables.grid import Grid
    from rnn_tui.tui.session.cursor import Place

LARGE_TABLE = 1 << 21
"""Values of a run up to which all of them are a table, not the page alone."""


class Map(NamedTuple):
    """One of the maps: a channel, and the cell it is of."""

    cell: CellTrace
    channel: Channel
    exact: Channel
    """The channel of the run itself, where the one that is drawn has means."""


def maps_table(
    maps: Sequence[Map],
    grid: Grid,
    place: Place,
    page: tuple[int, int],
) -> Table:
    """Return the quantities of the maps over the whole run, or over the columns
    of the page where it is too long, as a trace's file has them.
    """
    from rnn_tui.export.shown_rows import Shown, shown_table

    by_name = {(one.cell.key, one.channel.name): one for one in maps}
    cell = maps[0].cell
    first = 0
    stop = maps[0].exact.timesteps
    if stop * cell.units * len(by_name) > LARGE_TABLE:
        first = grid.label(page[0])
        stop = grid.label(page[1] - 1) + 1

    found = []
    for one in by_name.values():
        values = one.exact.read(first, stop, place.sequence)
        shown = Shown(
            str(one.cell.path._replace(direction=None)),
            one.cell.direction or "",
            f"{one.channel.name} {one.exact.where}".rstrip(),
            place.sequence,
            first,
            values,
        )
        found.append(shown)

    return shown_table(maps[0].channel.title, found)


def next_name(
    maps: Sequence[Map],
    names: Sequence[str],
    cell: CellTrace,
    index: int,
) -> str:
    """Return the channel, of those with these names, after the one that a map
    shows; none that the other map of the same cell does.
    """
    if index >= len(maps):
        return names[0]

    now = maps[index].channel.name
    beside = {
        other.channel.name
        for other in maps
        if other is not maps[index] and other.cell is cell
    }
    following = [*names[names.index(now) + 1 :], *names]

    return next(name for name in following if name not in beside)
