"""The selected unit's state over time, and below it the output that it may go
with: both on the axis of time of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from rnn_tui.engine.cells.kinds import symbol
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.scales import Scale
from rnn_tui.tui.renderables.unit_column import (
    AXIS,
    TALLEST,
    Course,
    course_lines,
    drawing,
)
from rnn_tui.tui.units_page.rankings import best_output
from rnn_tui.tui.units_page.rows import courses

if TYPE_CHECKING:
    from rnn_tui.tui.session.session import Session
    from rnn_tui.tui.units_page.known import Known

Line = list[Segment]

LOWEST = 5
"""Lines of a plot at least, with its title."""


def course_plots(
    session: Session,
    known: Known,
    size: tuple[int, int],
    look: Look,
) -> list[Line]:
    """Return the plots in a size of columns and lines, as high as there is
    room for; none where one has no room.
    """
    width, height = size
    if width <= AXIS or height < LOWEST:
        return []

    series = _series(session, known, 2 * (width - AXIS))
    series = series[: height // LOWEST]
    if not series:
        return []

    each = min(height // len(series), TALLEST + 1)
    lines: list[Line] = []
    for title, values in series:
        lines.append([Segment(title, ink(look.muted))])
        course = _course(values)
        drawn = drawing(course, look, width, each - 1)
        lines += course_lines(drawn, course.seen, look)

    return lines


def _series(
    session: Session,
    known: Known,
    columns: int,
) -> list[tuple[str, NDArray[Any]]]:
    """Return the state and the output, each with its title and `(columns,)`
    values; not the output where it has no timesteps, or more than columns.
    """
    cell = session.cell
    trace = session.subject.trace
    opened = session.subject.opened
    if cell is None or trace is None or opened is None or cell.timesteps < 2:
        return []

    unit = session.cursor.unit
    state = cell.cell.states[-1]
    sequence = session.cursor.sequence
    values = courses(cell, state, sequence, columns)[:, unit]
    found = [(f"{symbol(state)} of unit {unit} over time", values)]

    wanted = best_output(known)
    names = opened.model.output_names
    for name, output in zip(names, trace.outputs, strict=False):
        own = output[min(sequence, len(output) - 1)]
        if own.ndim != 2 or len(own) != cell.timesteps or len(own) > columns:
            continue

        for k, course in enumerate(own.T):
            if f"{name}[{k}]" == wanted:
                found.append((f"{wanted} over time", course))

    return found


def _course(values: NDArray[Any]) -> Course:
    """Return a series between its own ends."""
    finite = values[np.isfinite(values)]
    low = float(finite.min(initial=0.0))
    high = float(finite.max(initial=0.0))
    seen = np.ones(len(values), np.bool_)

    return Course(
        "",
        Scale(low, high, signed=low < 0),
        values,
        0,
        seen,
        (low, high),
    )
