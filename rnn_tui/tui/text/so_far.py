"""The prediction so far, as a section of the Output view: the outputs had the
sequence ended at the timestep in question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.tui.session.question import Refused
from rnn_tui.tui.session.so_far import SO_FAR, other_so_far, wants_so_far
from rnn_tui.tui.text.curves import legend, over_time
from rnn_tui.tui.text.model_outputs import bars, is_over_time, lines_wanted
from rnn_tui.tui.text.other_run import beside, names_of

if TYPE_CHECKING:
    from rnn_tui.analysis.so_far import SoFar
    from rnn_tui.analysis.timeline import Timeline
    from rnn_tui.engine.core.arrays import Array
    from rnn_tui.tui.session.session import Session

Part = tuple[str, str]
"""Text and its style."""


def so_far_lines(session: Session, columns: int = 1) -> list[int]:
    """Return the lines that each figure of the prediction so far fills, its
    bars in so many columns.
    """
    return [
        lines_wanted(values, columns) for _, values in known_so_far(session)
    ]


def so_far(
    session: Session,
    width: int,
    heights: Sequence[int],
    ascii_only: bool,
    names: Mapping[int, str],
) -> Iterator[Part]:
    """Yield the prediction so far, in figures of `heights` lines, and how it
    was found.
    """
    answer = _answer(session)
    if answer is None:
        return

    if isinstance(answer, Refused):
        yield (f"{answer.line}\n", "$muted")
        return

    yield from _written(answer, session, width, heights, ascii_only, names)


def known_so_far(
    session: Session,
) -> list[tuple[str, NDArray[np.float64]]]:
    """Return the name and the values `(timesteps, values)` of each prediction
    so far that is known.
    """
    answer = _answer(session)
    if answer is None or isinstance(answer, Refused):
        return []

    return [
        (name, _of_sequence(outputs, session))
        for name, outputs in answer.outputs.items()
    ]


def _answer(session: Session) -> SoFar | Refused | None:
    """Return the prediction so far, where it is asked for and known."""
    if not wants_so_far(session):
        return None

    return session.subject.answers.get(SO_FAR)


def _written(
    answer: SoFar,
    session: Session,
    width: int,
    heights: Sequence[int],
    ascii_only: bool,
    names: Mapping[int, str],
) -> Iterator[Part]:
    others = _others(session)
    figures = zip(answer.outputs.items(), heights, strict=True)
    for index, ((name, outputs), height) in enumerate(figures):
        values = _of_sequence(outputs, session)
        other = None
        if index < len(others):
            other = beside(values, *others[index])

        t = min(session.cursor.t, len(values) - 1)
        yield (f"{name} had the sequence ended at t {t}", "")
        yield (f"   {answer.note}", "$muted")
        if is_over_time(values):
            yield from legend(other, values.shape[1], ascii_only)
            yield ("\n", "")
            yield from over_time(values, t, width, height, ascii_only, other)
            continue

        yield ("\n", "")
        there = None if other is None else other.at(t)
        yield from bars(values[t], (width, height), ascii_only, names, there)


def _others(
    session: Session,
) -> list[tuple[NDArray[np.float64], tuple[str, str], Timeline | None]]:
    """Return each prediction so far of the run that the shown one is compared
    with, the names of both and their timeline, where the difference is shown
    and known.
    """
    reference = session.reference
    found: Any = other_so_far(session)
    known = found is not None and not isinstance(found, Refused)
    if reference is None or not session.differing or not known:
        return []

    names = names_of(session, reference)
    timeline = reference.comparison.timeline

    return [
        (_of_sequence(outputs, session), names, timeline)
        for outputs in found.outputs.values()
    ]


def _of_sequence(outputs: Array, session: Session) -> NDArray[np.float64]:
    """Return the outputs of the sequence in question, `(timesteps, values)`."""
    values = np.asarray(outputs[min(session.cursor.sequence, len(outputs) - 1)])

    return values.reshape(len(values), -1).astype(np.float64)
