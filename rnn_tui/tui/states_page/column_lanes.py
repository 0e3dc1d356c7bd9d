"""The lanes of the user's columns, below the input: their numbers over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.scales import Scale
from rnn_tui.tui.session.columns import fitting
from rnn_tui.tui.states_page.rows import Lane, Row

if TYPE_CHECKING:
    from rnn_tui.sequences.columns import Column
    from rnn_tui.tui.session.session import Session

LABEL = "yours"
"""The label of the lane; its name is in the caption, for a name has any
length.
"""


def column_lanes(session: Session) -> tuple[Lane, ...]:
    """Return a lane for each of the user's columns that fits the cell in
    question.
    """
    found = fitting(session.subject.columns, session.cell)

    return tuple(_lane(column) for column in found)


def _lane(column: Column) -> Lane:
    values = np.asarray(column.values, dtype=np.float64)
    finite = values[np.isfinite(values)]
    low = float(finite.min(initial=np.inf))
    high = float(finite.max(initial=-np.inf))
    if not len(finite):
        low, high = 0.0, 0.0

    def read(start: int, stop: int, sequence: int) -> Array:
        return values[start:stop]

    row = Row((id(column.values),), LABEL, LABEL, read, _scale(low, high))
    words = f"your column {column.name}, from {short(low)} to {short(high)}"

    return Lane(row, words)


def _scale(low: float, high: float) -> Scale:
    """Return the scale: zero in its middle where the numbers have both
    signs.
    """
    if low < 0 < high:
        largest = max(-low, high)
        return Scale(-largest, largest, signed=True)
    if low == high:
        return Scale(min(low, 0.0), max(high, 1.0), signed=False)

    return Scale(low, high, signed=False)
