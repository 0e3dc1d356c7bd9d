"""What if: the commands that change the run, take changes back, and show the
difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.errors import RnnTuiError
from rnn_tui.tui.session import session
from rnn_tui.tui.session.question import Question

if TYPE_CHECKING:
    from rnn_tui.analysis.changes import Change
    from rnn_tui.tui.screens.explorer import ExplorerScreen
    from rnn_tui.tui.session.possible_changes import Possible

NOTHING_CHANGED = (
    "nothing is changed: x switches the unit off, w asks for other changes"
)


class Changes:
    """Has the run repeated with the changes that the user wants."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self._screen = screen

    def wanted(self, changes: tuple[Change, ...]) -> None:
        """Run with these changes, or show at once the run without any."""
        screen = self._screen
        screen.session = session.changing(screen.session, changes)
        if changes:
            screen.say("running with the change …")
            screen.workers_of.change(screen.session.unchanged, changes)

    def add(self, change: Change) -> None:
        """Run with another change; it takes the place of one of the same
        thing.
        """
        others = [
            one
            for one in self._screen.session.changes
            if not _same_thing(one, change)
        ]
        self.wanted((*others, change))

    def switch_unit(self) -> None:
        """Switch the selected unit off, or on again."""
        from rnn_tui.analysis.changes import Off

        screen = self._screen
        cell = screen.session.cell
        if cell is None or not self._can_change():
            screen.say_nothing()
            return

        off = Off(cell.key, screen.session.cursor.unit)
        changes = screen.session.changes
        others = tuple(one for one in changes if not _same_thing(one, off))
        if len(others) < len(changes):
            self.wanted(others)
            screen.say(f"unit {off.unit} is on again")
        else:
            self.wanted((*others, off))

    def take_back(self) -> None:
        """Show the run without any change."""
        screen = self._screen
        reference = screen.session.reference
        if reference is not None and reference.other_sequence:
            self._end_comparison()
            return

        if not screen.session.changes:
            screen.say(NOTHING_CHANGED)
            return

        screen.workers_of.cancel()
        self.wanted(())
        screen.say("all changes are taken back")
        screen.workers_of.compare_models(screen.session.subject)

    def _end_comparison(self) -> None:
        """Show the run without the sequence that it is compared with."""
        screen = self._screen
        screen.session = session.uncompared(screen.session)
        screen.say("compared with no other sequence any more")
        screen.workers_of.compare_models(screen.session.subject)

    def difference(self) -> None:
        """Show the difference to the run without changes, or the values; where
        there is none, ask for a sequence to compare with.
        """
        screen = self._screen
        if screen.session.reference is None:
            screen.commands.run_questions.comparison()
            return

        screen.clear_message()
        if screen.session.reference.other_model and screen.view == "weights":
            screen.commands.answers.show(Question("weight difference"))
            return

        screen.session = session.toggled_difference(screen.session)

    def ask(self) -> None:
        """Ask for a change at this place."""
        screen = self._screen
        if screen.session.cell is None or not self._can_change():
            screen.say_nothing()
            return

        from rnn_tui.tui.screens.what_if import WhatIfDialog

        screen.app.push_screen(WhatIfDialog(screen.session), self._chosen)

    def _chosen(self, answer: Possible | int | None) -> None:
        """Make the chosen change, or ask for its value; take one back."""
        screen = self._screen
        if answer is None:
            return

        if isinstance(answer, int):
            changes = screen.session.changes
            self.wanted(changes[:answer] + changes[answer + 1 :])
            return

        if answer.hint:
            from rnn_tui.tui.screens.what_if import ValueDialog

            screen.app.push_screen(ValueDialog(answer), self._valued)
            return

        try:
            change = answer.make("")
        except RnnTuiError as error:
            screen.say(str(error), error=True)
        else:
            self.add(change)

    def _valued(self, change: Change | None) -> None:
        if change is not None:
            self.add(change)

    def _can_change(self) -> bool:
        """Whether there is a run to change that is done."""
        subject = self._screen.session.subject
        return subject.trace is not None and not subject.partial


def _same_thing(one: Change, other: Change) -> bool:
    """Whether two changes are of the same timestep, unit or state."""
    if type(one) is not type(other):
        return False

    return _thing(one) == _thing(other)


def _thing(change: Change) -> object:
    from rnn_tui.analysis.changes import Clamp, Off, SetValue, StartFrom

    match change:
        case SetValue():
            return change.input, change.timestep
        case Off():
            return change.layer, change.unit
        case Clamp():
            return change.layer, change.quantity, change.unit
        case StartFrom():
            return None

    return change.timestep
