"""The lane of the prediction so far, below the input: what the model would
return had the sequence ended at each timestep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.scales import Scale
from rnn_tui.tui.session.question import Refused
from rnn_tui.tui.session.so_far import SO_FAR
from rnn_tui.tui.states_page.rows import Lane, Row

if TYPE_CHECKING:
    from rnn_tui.tui.session.session import Session

LABEL = "ended"
"""What the lane is called: what the model would have said by then."""


def so_far_lanes(session: Session) -> tuple[Lane, ...]:
    """Return the lane of the first output, of several classes that of the one
    it predicts in the end; none before it is known.
    """
    answer = session.subject.answers.get(SO_FAR)
    cell = session.cell
    if answer is None or isinstance(answer, Refused) or cell is None:
        return ()

    outputs: Any = next(iter(answer.outputs.values()))
    values = np.asarray(outputs[min(session.cursor.sequence, len(outputs) - 1)])
    if values.ndim != 2 or len(values) != cell.timesteps:
        return ()

    unit = int(values[-1].argmax())
    course = values[:, unit].astype(np.float64)

    def read(start: int, stop: int, sequence: int) -> Array:
        return course[start:stop]

    name = next(iter(answer.outputs))
    low = float(course.min())
    high = float(course.max())
    signed = low < 0 < high
    if signed:
        high = max(-low, high)
        low = -high

    row = Row(
        (id(answer), unit),
        LABEL,
        LABEL,
        read,
        Scale(low, high, signed=signed),
    )
    words = (
        f"{name}[{unit}] from {short(float(course.min()))} to "
        f"{short(float(course.max()))} · had the sequence ended there"
    )

    return (Lane(row, words),)
