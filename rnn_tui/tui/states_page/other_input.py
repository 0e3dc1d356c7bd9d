"""The lane of the other sequence below the input: the tokens, or the only
feature, of the run that the shown one is compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.scales import Scale
from rnn_tui.tui.session import tokens as reading
from rnn_tui.tui.states_page.rows import Lane, Row

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.tui.session.session import Session

LABEL = "other"
NOTHING = Scale(0.0, 1.0, signed=False)


def other_input_lanes(session: Session) -> tuple[Lane, ...]:
    """Return the lane of the other sequence; none where a timestep is several
    numbers, or the same sequence is read.
    """
    reference = session.reference
    shown = session.cell
    if reference is None or shown is None or not reference.other_sequence:
        return ()

    found = [cell for cell in reference.trace.cells if cell.key == shown.key]
    if not found:
        return ()

    return _lanes(reference.trace, found[0], session)


def _lanes(
    trace: ModelTrace,
    cell: CellTrace,
    session: Session,
) -> tuple[Lane, ...]:
    sequence = session.cursor.sequence
    ids = reading.token_ids(trace, cell, 0, cell.timesteps, sequence)
    if ids is not None:
        names = reading.tokens(ids, session.subject.vocabulary)
        words = names or [str(token) for token in ids.tolist()]
        return (_of_tokens(cell, words),)

    shown = session.cell
    one_feature = cell.x.ndim == 3 and cell.x.shape[-1] == 1
    if not one_feature or shown is None:
        return ()

    return (_of_numbers(cell, shown, sequence),)


def _of_tokens(cell: CellTrace, shown: Sequence[str]) -> Lane:
    """Return the lane of tokens; blank where the sequence has ended."""

    def words(times: Sequence[int]) -> list[str]:
        return [shown[t] if t < len(shown) else "" for t in times]

    row = Row((id(cell),), LABEL, LABEL, _nothing, NOTHING)

    return Lane(row, tokens=words)


def _nothing(start: int, stop: int, sequence: int) -> Array:
    return np.zeros(stop - start)


def _of_numbers(cell: CellTrace, shown: CellTrace, sequence: int) -> Lane:
    """Return the lane of one feature on the scale of the shown input; blank
    where the sequence has ended.
    """
    own = shown.read_input(0, shown.timesteps)[sequence, :, 0]
    values = cell.read_input(0, cell.timesteps)[sequence, :, 0]
    course = np.full(len(own), np.nan)
    both = min(len(own), len(values))
    course[:both] = values[:both]

    def read(start: int, stop: int, sequence: int) -> Array:
        return course[start:stop]

    low = float(np.nanmin(own))
    high = float(np.nanmax(own))
    scale = Scale(low, high, signed=False)

    return Lane(Row((id(cell),), LABEL, LABEL, read, scale), heights=True)
