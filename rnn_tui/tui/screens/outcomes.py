"""The effect of the outcomes of slow work: on the session, and the message
about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.errors import RnnTuiError
from rnn_tui.text import clean
from rnn_tui.tui.screens.run_news import RunNews
from rnn_tui.tui.session import messages, session
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.startup.view_table import VIEWS

if TYPE_CHECKING:
    from rnn_tui.analysis.changes import Change
    from rnn_tui.tui.screens.explorer import ExplorerScreen


class Outcomes:
    """Takes a message of the workers to the screen's session."""

    def __init__(
        self,
        screen: ExplorerScreen,
        options: ExplorerOptions,
    ) -> None:
        self._screen = screen
        self._options = options
        self._first = True
        """Whether no run has been shown yet."""
        self._news = RunNews(screen, options)
        self.trouble = ""
        """Why a file couldn't be read, a model couldn't run or a change
        couldn't be made, the last time.
        """

    def take(self, event: messages.Outcome) -> None:
        """Change the session by the outcome of a thread."""
        match event:
            case messages.Opened():
                self.opened(event)
            case messages.Progressed():
                self._screen.workers_of.ended()
                self._screen.say(event.line)
            case messages.Filled():
                self.filled(event)
            case messages.Finished():
                self.finished(event)
            case messages.Rebuilt():
                self.rebuilt(event)
            case messages.Verified():
                self.verified(event)
            case messages.Compared():
                self.compared(event)
            case messages.Changed():
                self.changed(event)
            case messages.Unchangeable():
                self.unchangeable(event)
            case messages.Answered():
                self.answered(event)
            case messages.Failed():
                self.failed(event)

    def opened(self, event: messages.Opened) -> None:
        """Show the model, and run it on the sequence it starts on."""
        screen = self._screen
        screen.workers_of.ended()
        screen.watch_file.opened(event.path, event.mark)
        screen.session = session.opened(
            screen.session,
            event.opened.noting(self._options.note),
        )
        screen.remembered.keep_file(event.path)
        if not event.opened.model.cells and self._options.view is None:
            screen.view = VIEWS[0].name

        if event.first is None:
            screen.say("the model has no input that can be fed")
            return

        subject = screen.session.subject
        if not subject.own_texts:
            text, vocab = event.first
            screen.session = session.asked(
                screen.session,
                (text,),
                subject.vocab or vocab,
                own=False,
            )

        screen.workers_of.start_run()

    def filled(self, event: messages.Filled) -> None:
        """Show the beginning of a run that goes on, once it reaches the
        timestep that was asked for.
        """
        wanted = 0
        if self._first:
            wanted = self._options.at or 0

        if wanted < min(cell.timesteps for cell in event.trace.cells):
            self._screen.session = session.filled(
                self._screen.session,
                event.trace,
            )
            self._begin()

    def finished(self, event: messages.Finished) -> None:
        """Show a run that is done, and say its warnings."""
        screen = self._screen
        screen.workers_of.ended()
        screen.clear_message()
        screen.session = session.ran(screen.session, event.ran)
        dropped = self._drop_columns()
        changes = screen.session.changes
        trouble = ""
        if self._first:
            changes, trouble = self._first_changes()

        self._begin()
        self._news.say(event.ran, dropped)
        if trouble:
            self.trouble = trouble
            screen.transport.pause()
            words = f"{trouble}: the run has none of the changes"
            screen.say(words, error=True)
        elif changes:
            screen.commands.changes.wanted(changes)
        else:
            screen.workers_of.compare_models(screen.session.subject)

    def _drop_columns(self) -> str:
        """Drop the user's columns that don't fit the run; return the sentence
        that says so, empty where all fit.
        """
        screen = self._screen
        if not screen.session.subject.columns:
            return ""

        from rnn_tui.tui.session.columns import of_the_run

        screen.session, words = of_the_run(screen.session)

        return words

    def _first_changes(self) -> tuple[tuple[Change, ...], str]:
        """Return the changes that the command line asks for, and the fault of
        its first states.
        """
        path = self._options.initial_state
        opened = self._screen.opened
        if path is None or opened is None:
            return self._options.changes, ""

        from rnn_tui.tui.session.possible_changes import start_from_file

        try:
            start = start_from_file(path, opened.model)
        except RnnTuiError as error:
            return (), str(error)

        return (start, *self._options.changes), ""

    def rebuilt(self, event: messages.Rebuilt) -> None:
        """Show the model on other assumptions, and say how far the outputs
        moved.
        """
        screen = self._screen
        model = event.opened.noting(self._options.note)
        screen.session = session.rebuilt(screen.session, model, event.trace)
        screen.workers_of.keep_assumptions(event.opened.assumed)
        screen.say(event.line)

    def verified(self, event: messages.Verified) -> None:
        """Show the result of the comparison with Keras."""
        screen = self._screen
        screen.session = session.verified(screen.session, event.result)
        screen.clear_message()

    def compared(self, event: messages.Compared) -> None:
        """Show the differences from the other model's run."""
        screen = self._screen
        screen.workers_of.ended()
        screen.session = session.compared(
            screen.session,
            event.trace,
            event.reference,
        )
        self._say_effect(event.reference)

    def changed(self, event: messages.Changed) -> None:
        """Show the run that has the user's changes, and say their effect."""
        screen = self._screen
        screen.workers_of.ended()
        before = screen.session
        screen.session = session.changed(
            before,
            event.changes,
            event.subject,
            event.reference,
        )
        if screen.session is not before:
            self._say_effect(event.reference)

    def unchangeable(self, event: messages.Unchangeable) -> None:
        """Say why a change can't be made, and take it back."""
        screen = self._screen
        screen.workers_of.ended()
        if screen.session.changes == event.changes:
            screen.session = session.as_made(screen.session)

        self.trouble = event.line
        screen.say(event.line, error=True)

    def answered(self, event: messages.Answered) -> None:
        """Show the answer to a question about the run, where it is the run that
        is shown.
        """
        self._screen.workers_of.answered(event.question)
        self._screen.session = session.answered(
            self._screen.session,
            event.trace,
            event.question,
            event.answer,
        )
        self._screen.commands.answers.arrived(event.question, event.answer)

    def _say_effect(self, reference: session.Reference) -> None:
        """Say the difference to the run that the shown one is compared with."""
        from rnn_tui.tui.text.changes import effect

        sequence = self._screen.session.cursor.sequence
        self._screen.frame.say(effect(reference, sequence), by_parts=True)

    def failed(self, event: messages.Failed) -> None:
        """Say why work could not be done."""
        screen = self._screen
        self.trouble = event.line
        screen.workers_of.ended()
        screen.gate.release()
        if event.opening and screen.opened is None:
            screen.frame.refuse(event.line)
            return

        if screen.trace is None:
            # the message goes with the next key
            screen.session = session.refused(screen.session, event.line)

        screen.say(event.line, error=True)

    def _begin(self) -> None:
        """Go where the command line wants to begin, after the first run."""
        screen = self._screen
        if not self._first:
            self._play_once()
            return

        self._first = False
        options = self._options
        layer = options.layer
        here = screen.session.cursor.t
        if screen.session.subject.cells and layer is not None:
            layer = self._known(layer)

        at = options.at
        if at is None:
            t = here
        else:
            t = at + here

        screen.session = session.begun(screen.session, layer, t)
        # playback would take away the line that says it
        if options.layer is None or layer is not None:
            self._play_once()

    def _play_once(self) -> None:
        """Let time run through a file that is to play when it is there; where
        nothing moves, show the run as it is. Say what a sample does.
        """
        screen = self._screen
        if screen.session.cell is not None and screen.landing.plays():
            screen.transport.play()

        purpose = screen.landing.purpose(screen.path)
        if purpose and not screen.frame.message:
            screen.frame.add(f"{purpose} · space plays and pauses")

    def _known(self, layer: str) -> str | None:
        """Return the layer the command line names, None after saying that there
        is none of that name.
        """
        screen = self._screen
        known = [cell.key for cell in screen.session.subject.cells]
        if screen.opened is not None:
            layers = [info.path for info in screen.opened.layers]
            known = list(dict.fromkeys([*layers, *known]))

        if layer in known:
            return layer

        from rnn_tui.engine.core.layer_names import nearest

        self.trouble = f"no layer {clean(layer)!r}; {nearest(layer, known)}"
        screen.say(self.trouble, error=True)

        return None
