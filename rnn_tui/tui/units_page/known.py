"""The analyses of a cell that are known: the Units view's columns and the
States view's lines on the selected unit are made of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rnn_tui.tui.session.question import Refused, question_of

if TYPE_CHECKING:
    from rnn_tui.analysis.direct_share import DirectShare
    from rnn_tui.analysis.memory import CellMemory
    from rnn_tui.analysis.saturation import Saturation
    from rnn_tui.analysis.units import UnitStatistics
    from rnn_tui.tui.session.analyses import UnitsOff
    from rnn_tui.tui.session.question import Question
    from rnn_tui.tui.session.session import Session

KINDS = ("units", "memory", "saturation", "effects", "share")
"""The analyses, as questions name them."""

SERIES = ("units", "columns")
"""Those of them that say which unit a series goes with."""


@dataclass(frozen=True, eq=False)
class Known:
    """The analyses of a cell that are known; None for one that is not yet, or
    that doesn't exist for the cell.
    """

    units: UnitStatistics | None = None
    memory: CellMemory | None = None
    saturation: Saturation | None = None
    effects: UnitsOff | None = None
    share: DirectShare | None = None
    columns: UnitStatistics | None = None
    """How the units go with the user's columns."""
    outputs: tuple[str, ...] = ()
    """The names of the series that are outputs of the model."""
    classes: Mapping[int, str] = field(default_factory=dict)
    """The names of the units of the outputs, where a vocabulary has them."""
    off: Mapping[int, str] = field(default_factory=dict)
    """The units whose h is set, and what was done to it: switched off, or
    clamped.
    """


def known_of(session: Session) -> Known:
    """Return the analyses of the cell in question that are known."""
    answers = session.subject.answers
    opened = session.subject.opened
    outputs: tuple[str, ...] = ()
    if opened is not None:
        refs = opened.model.graph.outputs
        outputs = tuple(ref.layer for ref in refs)

    found = {}
    for question in questions_of(session):
        answer = answers.get(question)
        if answer is not None and not isinstance(answer, Refused):
            found[question.kind] = answer

    return Known(
        **found,
        outputs=outputs,
        classes=_classes(session),
        off=_units_off(session),
    )


def questions_of(session: Session) -> list[Question]:
    """Return the questions about the cell in question: the analyses of KINDS,
    and how the units go with the user's columns.
    """
    found = [question_of(session, kind) for kind in KINDS]
    if not session.subject.columns:
        return found

    from rnn_tui.tui.session import columns

    of_columns = columns.question_of(session)
    if of_columns is not None:
        found.append(of_columns)

    return found


def _classes(session: Session) -> Mapping[int, str]:
    """Return the names of the first output's units, where the vocabulary is as
    long as it is wide.
    """
    vocabulary = session.subject.vocabulary
    trace = session.subject.trace
    if not vocabulary or trace is None or not trace.outputs:
        return {}

    from rnn_tui.tui.session.tokens import shown_names

    names = shown_names(vocabulary)
    width = trace.outputs[0].shape[-1]
    if max(names) < width <= max(names) + 2:
        return names

    return {}


def _units_off(session: Session) -> Mapping[int, str]:
    """Return the units of the cell in question that are off, and how, in
    words.
    """
    cell = session.cell
    if cell is None or not cell.edits:
        return {}

    from rnn_tui.analysis.edited_cells import words_of_edits

    return words_of_edits(cell, "h", session.cursor.sequence)
