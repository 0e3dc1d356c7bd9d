"""What the explorer asks before it acts: each dialog, and what its answer
changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from rnn_tui.errors import RnnTuiError
from rnn_tui.tui.session import session
from rnn_tui.tui.startup.view_table import VIEWS, entry

if TYPE_CHECKING:
    from rnn_tui.analysis.table import Table
    from rnn_tui.engine.model import LayerInfo
    from rnn_tui.sequences.columns import Column
    from rnn_tui.tui.screens.explorer import ExplorerScreen
    from rnn_tui.tui.screens.picturing import Wanted
    from rnn_tui.tui.session.jobs import Typed


class Questions:
    """Opens the dialogs and carries out what they answer."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self._screen = screen

    def sequence(self) -> None:
        """Ask for a sequence and run it."""
        screen = self._screen
        subject = screen.session.subject
        if subject.opened is None:
            return

        from rnn_tui.tui.screens.prompts import sequence_prompt

        prompt = sequence_prompt(subject, screen.remembered.sequences)
        screen.app.push_screen(prompt, self._run_typed)

    def _run_typed(self, typed: Typed | None) -> None:
        if typed is None:
            return

        screen = self._screen
        screen.remembered.keep_sequence(typed.texts[0])
        screen.session = session.asked(
            screen.session,
            typed.texts,
            screen.session.subject.vocab,
            own=True,
        )
        screen.start_run(typed)

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

    def timestep(self) -> None:
        """Ask for a timestep, or for a pixel where there are pictures, and go
        there.
        """
        cell = self._screen.session.cell
        if cell is None:
            self._screen.say_nothing()
            return

        from rnn_tui.analysis.pixels import picture
        from rnn_tui.tui.screens.prompts import PixelPrompt, PlacePrompt

        prompt = PlacePrompt(cell.timesteps)
        sides = picture(cell)
        if sides:
            prompt = PixelPrompt(cell.timesteps, sides)

        self._screen.app.push_screen(prompt, self._go_to)

    def _go_to(self, to: dict[str, int] | None) -> None:
        if to is not None:
            self._screen.session = session.moved(self._screen.session, **to)

    def units(self) -> None:
        """Ask which units of the cell in question are shown."""
        cell = self._screen.session.cell
        if cell is None:
            self._screen.say_nothing()
            return

        from rnn_tui.tui.screens.prompts import UnitsPrompt

        only = self._screen.session.order.only
        self._screen.app.push_screen(
            UnitsPrompt(cell.units, " ".join(map(str, only))),
            self._show_units,
        )

    def _show_units(self, only: tuple[int, ...] | None) -> None:
        if only is not None:
            self._screen.session = session.ordered(
                self._screen.session,
                lambda order: order.with_only(only),
            )

    def find(self) -> None:
        """Ask for a layer, or for what the view finds, and go there."""
        screen = self._screen
        opened = screen.opened
        if opened is None:
            return

        from rnn_tui.tui.screens.prompts import FindPrompt
        from rnn_tui.tui.widgets.entry import Choice

        layers: list[Choice[Callable[[], object]]] = [
            Choice(layer.path, layer.class_name, partial(self._select, layer))
            for layer in opened.model.layers
        ]
        own = screen.current.findable() if screen.current.is_mounted else ()
        screen.app.push_screen(FindPrompt([*layers, *own]), self._go)

    def _go(self, go: Callable[[], object] | None) -> None:
        if go is not None:
            go()

    def _select(self, layer: LayerInfo) -> None:
        """Go to a layer: in the view that is shown, where that shows it."""
        screen = self._screen
        cell = session.cell_at(screen.session, layer.path)
        if cell is not None:
            screen.session = session.moved(
                screen.session,
                layer=layer.path,
                cell=cell,
            )
            return

        screen.session = session.moved(screen.session, layer=layer.path)
        if screen.view != "weights" or not layer.parameters:
            screen.view = "layers"

    def help(self) -> None:
        """Explain the view."""
        from rnn_tui.tui.screens.help import HelpScreen

        self._screen.app.push_screen(HelpScreen(entry(self._screen.view)))

    def export(self) -> None:
        """Ask for a file and write the table that is shown, its picture, or
        the trace to it.
        """
        screen = self._screen
        table = None
        if screen.current.is_mounted:
            screen.current.drawing.catch_up()
            table = screen.current.shown_table()

        subject = screen.session.subject
        if subject.opened is None:
            screen.say("there is nothing to export yet")
            return

        self.export_table(table)

    def export_table(self, table: Table | None) -> None:
        """Ask for a file and write a table to it, or the trace."""
        from rnn_tui.tui.screens.exporting import export_prompt

        screen = self._screen
        prompt = export_prompt(screen.session.subject, table)
        screen.app.push_screen(prompt, self._wrote)

    def _wrote(self, done: str | Wanted | None) -> None:
        if isinstance(done, str):
            self._screen.say(done)
        elif done is not None:
            self._screen.run_worker(
                self._write_picture(done),
                exclusive=True,
                group="picture",
                exit_on_error=True,
            )

    async def _write_picture(self, wanted: Wanted) -> None:
        from rnn_tui.tui.screens.picturing import write

        try:
            await write(self._screen, wanted)
        except RnnTuiError as error:
            self._screen.say(str(error), error=True)

    def assumptions(self) -> None:
        """Show what is assumed, to choose otherwise."""
        screen = self._screen
        if screen.opened is None:
            return

        from rnn_tui.tui.session.assumptions import assumptions

        found = assumptions(screen.opened)
        if not found:
            screen.say(
                "the file says how every layer is configured: nothing is "
                "assumed"
            )
            return

        from rnn_tui.tui.screens.assumption_dialog import AssumptionsDialog

        layer = screen.place.layer.partition("/")[0]
        screen.app.push_screen(AssumptionsDialog(found, layer), self._assume)

    def _assume(self, changes: Mapping[str, str] | None) -> None:
        screen = self._screen
        if not changes or screen.opened is None:
            return

        from rnn_tui.tui.session.assumptions import assuming

        screen.say("running on other assumptions …     esc cancels")
        screen.workers_of.rebuild(
            screen.session.subject,
            lambda opened: assuming(opened, changes),
        )

    def file(self) -> None:
        """Ask for another file and open it."""
        from rnn_tui.tui.screens.start import StartScreen

        start = StartScreen(self._screen.remembered.files)
        self._screen.app.push_screen(start, self.take_file)

    def take_file(self, path: str | None) -> None:
        """Open another file; nothing of the one before is kept."""
        if path is None:
            return

        screen = self._screen
        screen.path = path
        view = screen.landing.view_of(path)
        if view != VIEWS[0].name:
            screen.view = view

        screen.session = session.closed()
        screen.watch_file.forget()
        screen.say("reading the file …")
        screen.workers_of.open(path)
