"""The principal components of a cell's state as rows of the third map: they
find what the units do together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from rnn_tui.analysis.components import Components, component_series
from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.scales import Scale
from rnn_tui.tui.states_page.rows import Row
from rnn_tui.tui.units_page.known import known_of

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace
    from rnn_tui.tui.session.session import Session

DEVIATIONS = 2.5
"""Standard deviations from the middle of a component's scale to its end."""


def component_rows(session: Session) -> tuple[Row, ...]:
    """Return a row for each component while the units are in the order of a
    ranking; none before they are known.
    """
    cell = session.cell
    if cell is None or cell.units == 1 or not session.order.ranking:
        return ()

    units = known_of(session).units
    if units is None:
        return ()

    found = units.states[units.main].components
    if not np.isfinite(found.variances).all():
        return ()

    return tuple(
        _row(cell, units.main, found, index)
        for index in range(len(found.variances))
        if found.variances[index] > 0
    )


def _row(cell: CellTrace, state: str, found: Components, index: int) -> Row:
    end = DEVIATIONS * float(np.sqrt(found.variances[index]))

    return Row(
        (id(found), index),
        f"PC{index + 1}",
        f"PC{index + 1}",
        _reader(cell, state, found, index),
        Scale(-end, end, signed=True, beyond=True),
    )


def _reader(
    cell: CellTrace,
    state: str,
    found: Components,
    index: int,
) -> Callable[[int, int, int], Array]:
    def read(start: int, stop: int, sequence: int) -> Array:
        series = component_series(cell, state, found, start, stop, sequence)
        values: Array = series[:, index]
        return values

    return read
