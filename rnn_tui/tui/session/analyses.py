"""Questions about a run that take a moment to answer, and their answers: which
analysis, of which cell and target.

An answer belongs to the run it was computed from; another run starts without
any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.errors import RnnTuiError

if TYPE_CHECKING:
    from rnn_tui.analysis.series import Beside
    from rnn_tui.engine.trace.trace import CellTrace
    from rnn_tui.tui.session.session import Session, Subject


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


@dataclass(frozen=True)
class Refused:
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


@dataclass(frozen=True, eq=False)
class Asked:
    """A question, the run that it is about, and whether an answer is still
    wanted.
    """

    subject: Subject
    question: Question
    cancelled: Callable[[], bool]

    @property
    def cell(self) -> CellTrace:
        """The trace of the cell in question."""
        for cell in self.subject.cells:
            if cell.key == self.question.cell:
                return cell

        raise RnnTuiError(f"this run has no cell {self.question.cell!r}")

    def beside(self) -> Beside:
        """Return the series of the run beside the state of the cell."""
        from rnn_tui.analysis.series import beside

        opened = self.subject.opened
        trace = self.subject.trace
        assert opened is not None
        assert trace is not None

        return beside(
            opened.model,
            trace,
            self.cell,
            token=self._token,
            sequence=self.question.sequence,
        )

    def _token(self, token: int) -> str:
        from rnn_tui.tui.session.tokens import shown_names

        vocabulary = self.subject.vocabulary
        if vocabulary is None:
            return str(token)

        return shown_names(vocabulary).get(token, str(token))


def answer(asked: Asked) -> Any:
    """Return the result of an analysis. Raises RnnTuiError."""
    return ANALYSES[asked.question.kind](asked)


def _units(asked: Asked) -> Any:
    from rnn_tui.analysis.units import unit_statistics

    found = asked.beside()

    return unit_statistics(
        asked.cell,
        found.series,
        found.tokens,
        asked.question.sequence,
    )


def _saturation(asked: Asked) -> Any:
    from rnn_tui.analysis.saturation import saturation

    return saturation(asked.cell, asked.question.sequence)


def _memory(asked: Asked) -> Any:
    from rnn_tui.analysis.memory import memory

    return memory(asked.cell, sequence=asked.question.sequence)


def _trajectory(asked: Asked) -> Any:
    from rnn_tui.tui.session.trajectory import trajectory

    return trajectory(
        asked.cell,
        asked.beside().tokens,
        asked.question.sequence,
    )


ANALYSES: Mapping[str, Callable[[Asked], Any]] = {
    "units": _units,
    "saturation": _saturation,
    "memory": _memory,
    "trajectory": _trajectory,
}
"""What answers each kind of question."""
