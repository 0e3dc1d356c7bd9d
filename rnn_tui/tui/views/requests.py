"""Requests of a view to the screen: messages go up, the session comes down."""

from __future__ import annotations

from textual.message import Message

from rnn_tui.tui.session.question import Question
from rnn_tui.tui.session.session import Move


class Moved(Message):
    """The user wants to look at another place: `move` returns the session
    there.
    """

    def __init__(self, move: Move) -> None:
        super().__init__()
        self.move = move


class Wanted(Message):
    """A view has room for the answer to a question about the run, or about the
    one that it is compared with.
    """

    def __init__(self, question: Question, of_other: bool = False) -> None:
        super().__init__()
        self.question = question
        self.of_other = of_other


class Said(Message):
    """There is a line for the user."""

    def __init__(self, line: str) -> None:
        super().__init__()
        self.line = line


class KeysChanged(Message):
    """Other keys matter now."""
