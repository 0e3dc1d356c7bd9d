"""The prediction so far, as a section of the Output view: what the model would
return had the sequence ended at the timestep in question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from rnn_tui.tui.session.analyses import Refused
from rnn_tui.tui.session.so_far import SO_FAR, wants_so_far
from rnn_tui.tui.text.model_outputs import MOST_LINES, bars, over_time

if TYPE_CHECKING:
    from rnn_tui.analysis.so_far import SoFar
    from rnn_tui.tui.session.session import Session

Part = tuple[str, str]
"""Text and its style."""


def so_far(
    session: Session,
    room: tuple[int, int],
    ascii_only: bool,
    names: Mapping[int, str],
) -> Iterator[Part]:
    """Yield the prediction so far, and how it was found."""
    if not wants_so_far(session):
        return

    answer = session.subject.answers.get(SO_FAR)
    if answer is None:
        return

    if isinstance(answer, Refused):
        yield (f"{answer.line}\n", "$muted")
        return

    yield from _written(answer, session, room, ascii_only, names)


def _written(
    answer: SoFar,
    session: Session,
    room: tuple[int, int],
    ascii_only: bool,
    names: Mapping[int, str],
) -> Iterator[Part]:
    place = session.cursor
    width, height = room
    for name, outputs in answer.outputs.items():
        values = np.asarray(outputs[min(place.sequence, len(outputs) - 1)])
        values = values.reshape(len(values), -1).astype(np.float64)
        t = min(place.t, len(values) - 1)
        yield (f"{name} had the sequence ended at t {t}", "")
        yield (f"   {answer.note}\n", "$muted")
        if values.shape[1] <= MOST_LINES and len(values) > 1:
            yield from over_time(values, t, width, height, ascii_only)
        else:
            yield from bars(values[t], width, ascii_only, names)
