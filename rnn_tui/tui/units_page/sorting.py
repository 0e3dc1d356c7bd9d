"""The columns of the Units view that have room, and the one that the units are
sorted by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_tui.tui.units_page.known import known_of
from rnn_tui.tui.units_page.rankings import Ranking, rankings
from rnn_tui.tui.units_page.rows import columns_that_fit

if TYPE_CHECKING:
    from rnn_tui.tui.session.session import Session

GAP = 2
"""Cells between two columns."""


class Sorting(NamedTuple):
    """The rankings that are shown, and the cells of the state over time; the
    units are in the order of column `at`.
    """

    shown: Sequence[Ranking]
    room: int
    at: int
    order: NDArray[np.int64]

    @property
    def column(self) -> Ranking | None:
        """The ranking that sorts, None before one is known."""
        if not self.shown:
            return None

        return self.shown[self.at]

    @property
    def following(self) -> Ranking | None:
        """The ranking after it."""
        if not self.shown:
            return None

        return self.shown[(self.at + 1) % len(self.shown)]


def sorting_of(session: Session, width: int) -> Sorting:
    """Return the sorting of a session in a table `width` cells wide: by the
    ranking that orders the units everywhere, else by the first.
    """
    cell = session.cell
    assert cell is not None

    shown, room = columns_that_fit(rankings(known_of(session)), width, GAP)
    names = [ranking.name for ranking in shown]
    sorted_by = session.order.ranking
    at = names.index(sorted_by) if sorted_by in names else 0
    order = shown[at].order() if shown else np.arange(cell.units)

    return Sorting(shown, room, at, order)
