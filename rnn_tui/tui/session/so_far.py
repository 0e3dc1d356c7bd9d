"""The prediction so far as a question: whether a model has one, and how it is
asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.tui.session.question import Question

if TYPE_CHECKING:
    from rnn_tui.tui.session.session import Session

SO_FAR = Question("so far")


def wants_so_far(session: Session) -> bool:
    """Whether the model returns one prediction for a sequence, of which there
    is one for each of its beginnings.
    """
    trace = session.subject.trace
    if trace is None or not trace.outputs or not trace.cells:
        return False

    return all(output.ndim <= 2 for output in trace.outputs)
