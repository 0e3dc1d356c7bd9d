"""The questions about a run beside its sequence: a column of the user's, the
target, method and baseline of the influence, and the sequence that the shown
one is compared with.

Each dialog is loaded when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.tui.session import session

if TYPE_CHECKING:
    from rnn_tui.sequences.columns import Column
    from rnn_tui.tui.screens.explorer import ExplorerScreen
    from rnn_tui.tui.session.jobs import Typed


class RunQuestions:
    """Opens the dialogs and carries out their answers."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self._screen = screen

    def column(self) -> None:
        """Ask for a number for each timestep, to correlate the units with."""
        screen = self._screen
        subject = screen.session.subject
        cell = screen.session.cell
        if cell is None:
            screen.say_nothing()
            return

        if subject.partial:
            screen.say("only a run that is done can be looked at", error=True)
            return

        from rnn_tui.tui.screens.column_reader import ColumnReader
        from rnn_tui.tui.screens.reading_prompt import ReadingPrompt

        reader = ColumnReader(cell, subject.columns)
        screen.app.push_screen(ReadingPrompt(reader, ""), self._take_columns)

    def _take_columns(self, found: tuple[Column, ...] | None) -> None:
        if found is None:
            return

        from rnn_tui.tui.session.columns import with_columns

        self._screen.session = with_columns(self._screen.session, found)

    def influence(self) -> None:
        """Ask for the target, the method or the baseline of the influence, and
        show it.
        """
        screen = self._screen
        if screen.session.cell is None or screen.session.subject.partial:
            screen.say_nothing()
            return

        from rnn_tui.tui.screens.influence_dialog import InfluenceDialog

        dialog = InfluenceDialog(screen.session)
        screen.app.push_screen(dialog, self._choose_influence)

    def _choose_influence(self, answer: session.Move | str | None) -> None:
        screen = self._screen
        if answer is None:
            return

        if callable(answer):
            screen.commands.show_influence(answer)
            return

        from rnn_tui.tui.screens.influence_dialog import BaselineReader
        from rnn_tui.tui.screens.reading_prompt import ReadingPrompt

        reader = BaselineReader(screen.session.subject)
        screen.app.push_screen(ReadingPrompt(reader, ""), self._compare_with)

    def _compare_with(self, baseline: str | None) -> None:
        if baseline is not None:
            self._screen.commands.influence_against(baseline)

    def comparison(self) -> None:
        """Ask for a sequence to compare the shown one with."""
        screen = self._screen
        trace = screen.session.subject.trace
        if trace is None or screen.session.subject.partial:
            screen.say_nothing()
            return

        if screen.session.changes:
            screen.say(
                "the run has changes: W takes them back, then b compares with "
                "another sequence",
                error=True,
            )
            return

        from rnn_tui.tui.screens.compare_dialog import CompareDialog

        screen.app.push_screen(CompareDialog(screen.session), self._compare)

    def _compare(self, answer: session.Fed | str | None) -> None:
        screen = self._screen
        if answer is None:
            return

        if not isinstance(answer, str):
            self.compare_with(answer)
            return

        from rnn_tui.tui.screens.reading_prompt import ReadingPrompt
        from rnn_tui.tui.screens.sequence_reader import SequenceReader

        subject = screen.session.subject
        reader = SequenceReader(subject, "Compare with")
        text = " | ".join(subject.texts)
        history = screen.remembered.sequences
        prompt = ReadingPrompt(reader, text, history)
        screen.app.push_screen(prompt, self._compare_with_typed)

    def _compare_with_typed(self, typed: Typed | None) -> None:
        if typed is None:
            return

        from rnn_tui.tui.session.other_sequence import fed_of

        self._screen.remembered.keep_sequence(typed.texts[0])
        self.compare_with(fed_of(typed))

    def compare_with(self, fed: session.Fed) -> None:
        """Run another sequence, and show the difference to it."""
        self._screen.say("running the other sequence …     esc cancels")
        self._screen.workers_of.compare_sequences(
            self._screen.session.subject,
            fed,
        )
