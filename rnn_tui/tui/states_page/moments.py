"""A place on the page of the States view, and what follows from it: its page,
what is kept for that, the timesteps that were read before it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.session.cursor import Place, seen_whole
from rnn_tui.tui.session.playback import timestep_of
from rnn_tui.tui.states_page.channels import revealed
from rnn_tui.tui.states_page.parts import Moment

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace
    from rnn_tui.tui.renderables.grid import Grid
    from rnn_tui.tui.session.unit_order import UnitOrder


T = TypeVar("T")


class PageCache:
    """Things made once for a page and looked at again at every timestep of it;
    another page forgets them.
    """

    def __init__(self) -> None:
        self._page: Hashable = None
        self._kept: dict[Hashable, Any] = {}

    def turn(self, page: Hashable) -> None:
        """Go to a page, forgetting what was kept for another one."""
        if self._page != page:
            self._page = page
            self._kept = {}

    def keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept under `key` for the page, made when it is first
        asked for.
        """
        if key not in self._kept:
            self._kept[key] = make()

        found: T = self._kept[key]

        return found


class Moments:
    """Finds the moment of a place; another page forgets what was kept for the
    last one.
    """

    def __init__(
        self,
        cell: CellTrace,
        run: CellTrace,
        grid: Grid,
        order: UnitOrder,
        kept: PageCache,
    ) -> None:
        self._cell = cell
        self._run = run
        self._grid = grid
        self._order = order
        self._kept = kept
        self._last: tuple[Place, Moment] | None = None
        """The place asked for last, and what follows from it."""

    def seen(self, place: Place) -> Place:
        """Return the place as it is drawn: its column where the run is zoomed
        out.
        """
        if self._grid.whole:
            return seen_whole(place, self._run.timesteps, self._cell.timesteps)

        return place

    def at(self, place: Place, reveals: bool) -> Moment:
        """Return a place as it is drawn; with `reveals`, what time hasn't
        reached there is dim.
        """
        cell = self._cell
        filled = cell.filled
        if self._last is not None:
            last_place, last = self._last
            same_run = last.filled == filled and last.reveals == reveals
            if last_place is place and same_run:
                return last

        shown = self.seen(place)
        grid = self._grid
        start = grid.first_timestep(shown.t)
        stop = min(start + grid.columns, grid.timesteps)
        step = timestep_of(shown.t, cell.timesteps, cell.reverse)
        first_read, last_read = _reached(cell, step, reveals)
        when = np.arange(start, stop)
        seen = (when >= first_read) & (when <= last_read)
        moment = Moment(
            shown,
            step,
            (start, stop),
            seen,
            filled,
            reveals,
            self._order.rows.get(shown.unit, 0),
        )
        self._last = place, moment

        first_unit = grid.first_unit(moment.row)
        self._kept.turn((start, first_unit, shown.sequence, filled))

        return moment


def reached(read: Channel, moment: Moment) -> tuple[int, int]:
    """Return the first and last timestep of a channel that isn't dim."""
    return _reached(read, moment.step, moment.reveals)


def _reached(
    read: Channel | CellTrace,
    step: int,
    reveals: bool,
) -> tuple[int, int]:
    if reveals:
        return revealed(read, step)

    return (0, read.timesteps - 1)
