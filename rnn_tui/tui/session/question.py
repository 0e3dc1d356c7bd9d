"""Questions about a run that take a moment to answer, and their answers: which
analysis, of which cell and target.

An answer belongs to the run it was computed from; another run starts without
any.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from rnn_tui.tui.session.session import Session


class Question(NamedTuple):
    """An analysis of a run: of one cell (its key; empty where it is of the
    whole model) and one sequence of the batch, for a target where it has one.
    """

    kind: str
    cell: str = ""
    sequence: int = 0
    target: str = ""
    method: str = ""

    @property
    def group(self) -> str:
        """Of the questions of one group the last one asked is answered."""
        return f"answer {self.kind} {self.method}"


class Refused(NamedTuple):
    """The analysis that was asked for doesn't exist for this model; `line` says
    why.
    """

    line: str


def question_of(session: Session, kind: str) -> Question:
    """Return a question about the cell and the sequence that are looked at."""
    key = ""
    if session.cell is not None:
        key = session.cell.key

    return Question(kind, key, session.cursor.sequence)


Answers = Mapping[Question, Any]
