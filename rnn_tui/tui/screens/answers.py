"""The screens that show one answer: asked for by a key, opened once the answer
is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from rnn_tui.tui.session import session
from rnn_tui.tui.session.question import Question, Refused

if TYPE_CHECKING:
    from rnn_tui.tui.screens.explorer import ExplorerScreen


class AnswerScreens:
    """Opens the screen of an answer; of two that were asked for, the last."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self._screen = screen
        self._waiting: Question | None = None

    def show(self, question: Question) -> None:
        """Open the screen of an answer, or ask for it first."""
        screen = self._screen
        subject = screen.session.subject
        if subject.partial:
            screen.say("only a run that is done can be looked at", error=True)
            return

        self._waiting = question
        known = subject.answers.get(question)
        if known is not None:
            self.arrived(question, known)
            return

        screen.say("computing …")
        screen.workers_of.answer(subject, question)

    def arrived(self, question: Question, answer: object) -> None:
        """Open the screen of an answer that was waited for."""
        if question != self._waiting:
            return

        self._waiting = None
        screen = self._screen
        if isinstance(answer, Refused):
            screen.say(answer.line, error=True)
            return

        screen.clear_message()
        t = screen.session.cursor.t
        screen.app.push_screen(_made(question.kind, answer, t), self._left_at)

    def _left_at(self, t: int | None) -> None:
        """Go to the timestep at which a screen was left."""
        if t is not None:
            self._screen.session = session.moved(self._screen.session, t=t)


def _made(kind: str, answer: Any, t: int) -> Screen[int | None]:
    """Return the screen of an answer; each is loaded when it is first shown."""
    if kind == "trajectory":
        from rnn_tui.tui.screens.trajectory import TrajectoryScreen

        return TrajectoryScreen(answer, t)

    if kind == "influence map":
        from rnn_tui.tui.screens.influence_map import InfluenceMapScreen

        return InfluenceMapScreen(answer, t)

    if kind == "weight difference":
        from rnn_tui.tui.screens.table_screen import TableScreen

        return TableScreen("what differs between the weights", answer)

    raise KeyError(kind)
