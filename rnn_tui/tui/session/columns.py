"""The user's columns, a number for each timestep: kept with the run, and asked
about beside it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rnn_tui.tui.session.question import Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rnn_tui.engine.trace.trace import CellTrace
    from rnn_tui.sequences.columns import Column
    from rnn_tui.tui.session.session import Session, Subject

KIND = "columns"
"""The kind of the question how the units go with them."""


def with_columns(session: Session, columns: tuple[Column, ...]) -> Session:
    """Return the session that has these columns, with the run that is shown
    and with the one it is without changes.
    """
    subject = replace(session.subject, columns=columns)
    reference = session.reference
    if reference is not None and reference.of_changes:
        unchanged = replace(reference.subject, columns=columns)
        reference = replace(reference, subject=unchanged)

    return replace(session, subject=subject, reference=reference)


def added(
    columns: tuple[Column, ...],
    column: Column,
) -> tuple[Column, ...]:
    """Return the columns with another one, in the place of one of its name."""
    others = [one for one in columns if one.name != column.name]

    return (*others, column)


def fitting(
    columns: Sequence[Column],
    cell: CellTrace | None,
) -> tuple[Column, ...]:
    """Return the columns that have a number for each timestep of a cell."""
    if cell is None:
        return ()

    return tuple(one for one in columns if len(one.values) == cell.timesteps)


def without_misfits(subject: Subject) -> tuple[Subject, tuple[Column, ...]]:
    """Return the subject without the columns that fit no cell of its run, and
    those columns.
    """
    lengths = {cell.timesteps for cell in subject.cells}
    kept = []
    dropped = []
    for column in subject.columns:
        if len(column.values) in lengths:
            kept.append(column)
        else:
            dropped.append(column)

    if not dropped:
        return subject, ()

    return replace(subject, columns=tuple(kept)), tuple(dropped)


def of_the_run(session: Session) -> tuple[Session, str]:
    """Return the session of a run that is done without the columns that have
    another length, and the sentence that says so; empty where all fit.
    """
    subject, dropped = without_misfits(session.subject)
    if not dropped:
        return session, ""

    lengths = [f"{one.name} ({len(one.values):,} numbers)" for one in dropped]
    words = (
        f"dropped, for this sequence has another length: {', '.join(lengths)}"
    )

    return replace(session, subject=subject), words


def question_of(session: Session) -> Question | None:
    """Return the question how the units go with the columns that fit the cell
    in question; None where there is no such column.
    """
    cell = session.cell
    found = fitting(session.subject.columns, cell)
    if cell is None or not found:
        return None

    from zlib import crc32

    # other numbers under the same name are another question
    marks = [f"{one.name}:{crc32(one.values.tobytes())}" for one in found]

    return Question(KIND, cell.key, session.cursor.sequence, "\n".join(marks))
