"""The commands of the key map: the ones that act at once, and the ones that ask
first.

Each dialog is loaded when it is first asked for: the first picture is
without them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING

from rnn_tui.tui.screens.answers import AnswerScreens
from rnn_tui.tui.screens.changes import Changes
from rnn_tui.tui.screens.landing import MOVING, STILL
from rnn_tui.tui.screens.questions import Questions
from rnn_tui.tui.session import influence, session
from rnn_tui.tui.session.question import question_of
from rnn_tui.tui.startup.key_names import typed_key
from rnn_tui.tui.startup.shown_keys import ShownKeys
from rnn_tui.tui.terminal.textual_internals import driver_of

if TYPE_CHECKING:
    from rnn_tui.tui.screens.explorer import ExplorerScreen
    from rnn_tui.tui.screens.run_questions import RunQuestions

FRAME = 3
"""Lines of the screen around the view."""


class Commands:
    """Finds the method that carries out a command, by the name it has in the
    key map.
    """

    def __init__(self, screen: ExplorerScreen) -> None:
        self._screen = screen
        self.questions = Questions(screen)

    @cached_property
    def answers(self) -> AnswerScreens:
        """The screens of answers, from the first that is asked for."""
        return AnswerScreens(self._screen)

    @cached_property
    def changes(self) -> Changes:
        """What if: from the first change on."""
        return Changes(self._screen)

    @cached_property
    def run_questions(self) -> RunQuestions:
        """The dialogs about a run, loaded when the first is asked for."""
        from rnn_tui.tui.screens.run_questions import RunQuestions

        return RunQuestions(self._screen)

    def named(self, name: str) -> Callable[..., None]:
        """Return the method that carries out a command."""
        found: Callable[..., None] = getattr(self, name)

        return found

    def show(self, view: str) -> None:
        """Show a view."""
        self._screen.view = view

    def map(self, which: str) -> None:
        """Change the channel of a map of the States view, from anywhere."""
        self._screen.view = "states"
        # typed behind the change of view, it acts when the view is there
        keys: ShownKeys = self._screen.app.keys  # type: ignore[attr-defined]
        self._screen.app.simulate_key(typed_key(keys.by_id(f"map.{which}")))

    def upper_map(self, name: str) -> None:
        """Show a quantity in the upper map of the States view."""
        self._screen.view = "states"
        self._screen.call_after_refresh(self._show_quantity, name)

    def _show_quantity(self, name: str) -> None:
        show = getattr(self._screen.current, "show_quantity", None)
        if callable(show):
            show(name)

    def step(self, timesteps: int) -> None:
        """Move in time."""
        self._move(partial(session.stepped, t=timesteps))

    def cell(self, by: int) -> None:
        """Go to another recurrent cell."""
        cells = self._screen.session.subject.cells
        path = self._screen.session.cursor.layer
        if not cells:
            self._screen.say_nothing()
        elif len(cells) == 1 and path == cells[0].layer:
            self._screen.say("this is the only recurrent layer")
        else:
            self._move(partial(session.at_cell, by=by))

    def sequence_of_batch(self, by: int) -> None:
        """Go to another sequence of the batch."""
        cell = self._screen.session.cell
        if cell is None:
            self._screen.say_nothing()
        elif cell.batch == 1:
            self._screen.say("one sequence was run: there is no other to go to")
        else:
            self._move(partial(session.stepped, sequence=by))

    def _move(self, move: session.Move) -> None:
        self._screen.clear_message()
        self._screen.session = move(self._screen.session)

    def play(self) -> None:
        """Let time run, or hold it; in States where the view has nothing that
        moves.
        """
        screen = self._screen
        is_still = screen.view in STILL and not screen.playing
        if is_still and screen.session.cell is not None:
            screen.view = MOVING

        screen.transport.play()

    def loop(self) -> None:
        """Begin again after the last timestep, or stop there."""
        self._screen.transport.loop()

    def faster(self) -> None:
        """Play faster."""
        self._screen.transport.faster()

    def slower(self) -> None:
        """Play slower."""
        self._screen.transport.slower()

    def goto(self) -> None:
        """Ask for a timestep or a unit and go there."""
        self.questions.place()

    def units(self) -> None:
        """Ask which units are shown."""
        self.questions.units()

    def find(self) -> None:
        """Ask for a layer or another place of the view, and go there."""
        self.questions.find()

    def column(self) -> None:
        """Ask for a column of the user's, to correlate the units with."""
        self.run_questions.column()

    def sequence(self) -> None:
        """Ask for a sequence and run it."""
        self.questions.sequence()

    def open(self) -> None:
        """Ask for another file and open it."""
        self.questions.file()

    def export(self) -> None:
        """Ask for a file and write the table that is shown to it."""
        self.questions.export()

    def assume(self) -> None:
        """Show the assumptions, to choose otherwise."""
        self.questions.assumptions()

    def help(self) -> None:
        """Explain the view."""
        self.questions.help()

    def copy(self) -> None:
        """Copy the value under the cursor to the terminal's clipboard."""
        screen = self._screen
        found = None
        # a view may still be built
        if screen.current.is_mounted:
            screen.current.drawing.catch_up()
            found = screen.current.copied()

        if found is None:
            screen.say("there is nothing to copy here")
            return

        what, text = found
        screen.app.copy_to_clipboard(text)
        screen.say(
            f"copied {what} ({len(text):,} characters, through the terminal: "
            "OSC 52)"
        )

    def trajectory(self) -> None:
        """Show the path of the state in two components."""
        current = self._screen.session
        if current.cell is None:
            self._screen.say_nothing()
            return

        self.answers.show(question_of(current, "trajectory"))

    def influence(self) -> None:
        """Show which timesteps mattered, to the output, then to the unit."""
        self.show_influence(influence.next_choice)

    def influence_by(self, method: str) -> None:
        """Show which timesteps mattered by another method."""
        self.show_influence(partial(influence.by, method=method))

    def influence_on(self, scale: str) -> None:
        """Show which timesteps mattered to a logit, its margin or the
        probability.
        """
        self.show_influence(partial(influence.on_scale, scale=scale))

    def influence_against(self, baseline: str) -> None:
        """Show which timesteps mattered, against another baseline."""
        self.show_influence(partial(influence.against, baseline=baseline))

    def influence_choice(self) -> None:
        """Ask for the target, the method or the baseline of the influence."""
        self.run_questions.influence()

    def show_influence(self, choose: session.Move) -> None:
        """Show the influence that a choice asks for."""
        self._screen.view = "states"
        self._move(choose)
        _say_too_low(self._screen)

    def influence_map(self) -> None:
        """Show the map of every timestep's influence on the unit."""
        question = influence.map_question(self._screen.session)
        if question is None:
            self._screen.say_nothing()
            return

        self.answers.show(question)

    def change(self) -> None:
        """Ask for a change at this place, and run so."""
        self.changes.ask()

    def unit_off(self) -> None:
        """Switch the selected unit off, or on again."""
        self.changes.switch_unit()

    def difference(self) -> None:
        """Show the difference to the run without changes, or the values."""
        self.changes.difference()

    def compare(self) -> None:
        """Ask for a sequence to compare with."""
        self.run_questions.comparison()

    def compare_before(self) -> None:
        """Compare with the sequence that was run before."""
        before = self._screen.session.before
        if before is None:
            self._screen.say("no other sequence was run before this one")
        else:
            self.run_questions.compare_with(before)

    def unchange(self) -> None:
        """Take all changes back."""
        self.changes.take_back()

    def verify(self) -> None:
        """Run the model in Keras, too, and compare."""
        screen = self._screen
        subject = screen.session.subject
        if subject.opened is None or subject.trace is None:
            screen.say_nothing()
        elif subject.partial:
            screen.say("only a run that is done can be compared", error=True)
        elif screen.session.changes:
            screen.say(
                "Keras knows nothing of the changes: W takes them back, then v "
                "compares",
                error=True,
            )
        else:
            screen.say("running Keras on the same sequence …     esc cancels")
            screen.workers_of.compare(subject)

    def numerics(self) -> None:
        """Take the other hard_sigmoid, and say how far the outputs move."""
        screen = self._screen
        opened = screen.opened
        if opened is None:
            return

        if opened.hard_sigmoid is None:
            screen.say("no layer uses hard_sigmoid: there is nothing to switch")
            return

        from rnn_tui.tui.session.assumptions import other_numerics

        screen.say("running with the other hard_sigmoid …     esc cancels")
        screen.workers_of.rebuild(screen.session.subject, other_numerics)

    def reload(self) -> None:
        """Read the file again."""
        if self._screen.path:
            self._screen.say("reading the file again …")
            self._screen.workers_of.open(self._screen.path)

    def low_bandwidth(self) -> None:
        """Choose whether the explorer starts with low bandwidth over SSH."""
        remembered = self._screen.remembered
        wanted = not remembered.low_bandwidth
        remembered.keep_low_bandwidth(wanted)
        words = "as everywhere else"
        if wanted:
            words = "with low bandwidth"

        self._screen.say(f"over SSH the explorer will start {words}")

    def draw_anew(self) -> None:
        """Write every cell again, whatever the terminal shows."""
        forget = getattr(driver_of(self._screen.app), "forget", None)
        if callable(forget):
            forget()

        self._screen.refresh()

    def cancel(self) -> None:
        """Stop a run or a comparison; otherwise take back a message."""
        if self._screen.workers_of.cancel():
            self._screen.say("cancelled")
        else:
            self._screen.say("")


def _say_too_low(screen: ExplorerScreen) -> None:
    """Say where the screen has no lines for the influence that is asked for,
    and how many it takes.
    """
    from rnn_tui.tui.states_page.layout import FOR_TWO_MAPS

    lines = FOR_TWO_MAPS + FRAME
    asked = screen.session.influence is not None
    if asked and screen.cell is not None and screen.size.height < lines:
        words = f"no room for influence: {lines} lines needed"
        screen.say(words, error=True)
