"""What if: the dialogs that ask for a change at this place and its value."""

from __future__ import annotations

from rnn_tui.analysis.changes import Change
from rnn_tui.errors import RnnTuiError
from rnn_tui.tui.session.possible_changes import Possible, possible_changes
from rnn_tui.tui.session.session import Session
from rnn_tui.tui.widgets.choice import ChoiceDialog
from rnn_tui.tui.widgets.dialog import LineDialog
from rnn_tui.tui.widgets.entry import Choice

Answer = Possible | int
"""A change to make, or the number of one in force to take back."""


class WhatIfDialog(ChoiceDialog[Answer]):
    """Asks for a change, or for the one to take back."""

    TITLE_TEXT = "What if"
    NOTHING = "no change has this in it"

    def __init__(self, session: Session) -> None:
        choices: list[Choice[Answer]] = [
            Choice(one.name, one.now, one) for one in possible_changes(session)
        ]
        in_force = enumerate(session.changes)
        choices += [
            Choice(f"take back: {change}", "a change in force", number)
            for number, change in in_force
        ]
        super().__init__(choices)


class ValueDialog(LineDialog[Change]):
    """Asks for the value of a change; says its fault."""

    TITLE_TEXT = "What if"

    def __init__(self, possible: Possible) -> None:
        super().__init__(possible.text)
        self._possible = possible

    def hint(self) -> str:
        """Say the quantity that is changed, and the expected input."""
        return (
            f"{self._possible.name}: {self._possible.hint} · enter runs it · "
            "esc goes back"
        )

    def understand(self, text: str) -> None:
        """Say how it is now; a fault is said at Enter, for half a number is
        none.
        """
        self.mean(self._possible.now)

    def answer(self, text: str) -> None:
        """Answer with the change, or say why it is none."""
        try:
            change = self._possible.make(text)
        except RnnTuiError as error:
            self.mean(str(error), error=True)
            return

        self.dismiss(change)
