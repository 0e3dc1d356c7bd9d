"""The lane of the prediction so far, below the input: what the model would
return had the sequence ended at each timestep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rnn_tui.tui.session.question import Refused
from rnn_tui.tui.session.so_far import SO_FAR
from rnn_tui.tui.states_page.output_lane import value_lane
from rnn_tui.tui.states_page.rows import Lane

if TYPE_CHECKING:
    from rnn_tui.tui.session.session import Session

LABEL = "ended"
"""What the lane is called: what the model would have said by then."""
ABOUT = "had the sequence ended there"


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
    name = f"{next(iter(answer.outputs))}[{unit}]"
    key = (LABEL, id(answer), session.cursor.sequence, unit)

    return (value_lane(values[:, unit], key, LABEL, (name, ABOUT)),)
