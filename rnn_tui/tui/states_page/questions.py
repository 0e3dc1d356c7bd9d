"""The questions about a run that the States view asks: of the influence that
the user wants to see, and of the selected unit.
"""

from __future__ import annotations

from rnn_tui.tui.session.influence import (
    features_of,
    preview_of,
    question_of,
    whole_features_of,
)
from rnn_tui.tui.session.question import Question
from rnn_tui.tui.session.session import Session
from rnn_tui.tui.session.so_far import SO_FAR, wants_so_far
from rnn_tui.tui.units_page.known import questions_of

MOST_LOOKED_AT = 20_000_000
"""Multiplications of a timestep's recurrent product, over all timesteps, up to
which a run's units are analysed unasked.
"""


def wanted(session: Session, has_notes: bool, playing: bool) -> list[Question]:
    """Return the questions whose answers are to be shown and aren't known.

    While time runs only what is quickly told is asked for: the influence by the
    gradient.
    """
    found = list(_of_influence(session, playing))
    if has_notes and not playing:
        found += _of_the_unit(session)

    known = session.subject.answers

    return [question for question in found if question not in known]


def _of_influence(session: Session, playing: bool) -> list[Question]:
    """Return the questions of the influence: by the gradient first, which is
    answered at once.
    """
    if session.influence is None:
        return []

    question = question_of(session)
    if question is None:
        return []

    found = []
    if question not in session.subject.answers:
        found.append(preview_of(question))

    if playing:
        return found

    found.append(question)
    features = features_of(session, question)
    if features is not None:
        found.append(features)

    whole_features = whole_features_of(session, question)
    if whole_features is not None:
        found.append(whole_features)

    return found


def _of_the_unit(session: Session) -> list[Question]:
    """Return the questions of the lines on the selected unit, where the run is
    short enough to look at all of it unasked.
    """
    cell = session.cell
    if cell is None or cell.timesteps * cell.units**2 > MOST_LOOKED_AT:
        return []

    found = questions_of(session)
    if wants_so_far(session):
        found.append(SO_FAR)

    return found
