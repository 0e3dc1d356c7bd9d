"""The prediction so far as a question: whether a model has one, and how it is
asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.tui.session.question import Question

if TYPE_CHECKING:
    from rnn_tui.tui.session.session import Session

SO_FAR = Question("so far")
OF_THE_OTHER = Question("so far", method="of the other run")
"""The same of the run that the shown one is compared with."""


def wants_so_far(session: Session) -> bool:
    """Whether the model returns one prediction for a sequence, of which there
    is one for each of its beginnings.
    """
    trace = session.subject.trace
    if trace is None or not trace.outputs or not trace.cells:
        return False

    return all(output.ndim <= 2 for output in trace.outputs)


def other_so_far(session: Session) -> object:
    """Return the prediction so far of the run that the shown one is compared
    with, None before it is known.
    """
    reference = session.reference
    if reference is None:
        return None

    answers = reference.subject.answers

    return answers.get(SO_FAR) or answers.get(OF_THE_OTHER)


def wants_other_so_far(session: Session) -> bool:
    """Whether the prediction so far of the other run is to be shown and isn't
    known.
    """
    if session.reference is None or not session.differing:
        return False

    return wants_so_far(session) and other_so_far(session) is None
