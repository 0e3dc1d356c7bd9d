"""The questions before a command acts: each dialog, and the effect of its
answer.
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
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.screens.explorer import ExplorerScreen
    from rnn_tui.tui.screens.picturing import Wanted
    from rnn_tui.tui.session.jobs import Typed


class Questions:
    """Opens the dialogs and carries out their answers."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self._screen = screen

    def sequence(self) -> None:
        """Ask for a sequence and run it."""
        screen = self._screen
        subject = screen.session.subject
        if subject.opened is None:
            return

        from rnn_tui.tui.screens.reading_prompt import ReadingPrompt
        from rnn_tui.tui.screens.sequence_reader import SequenceReader

        prompt = ReadingPrompt(
            SequenceReader(subject),
            " | ".join(subject.texts),
            screen.remembered.sequences,
        )
        screen.app.push_screen(prompt, self._run_typed)

    def _run_typed(self, typed: Typed | None) -> None:
        if typed is None:
            return

        screen = self._screen
        screen.remembered.keep_sequence(typed.texts[0])
        screen.session = session.asked(
            screen.session,
            typed.texts,
            typed.vocab,
            own=True,
        )
        screen.workers_of.start_run(typed)

    def place(self) -> None:
        """Ask for a timestep, for a pixel where there are pictures, or for a
        unit where the view lists units, and go there.
        """
        cell = self._screen.session.cell
        if cell is None:
            self._screen.say_nothing()
            return

        from rnn_tui.tui.screens.prompts import (
            PixelPrompt,
            PlacePrompt,
            UnitPrompt,
        )

        prompt = PlacePrompt(cell.timesteps)
        sides = cell.sides
        if self._screen.current.GOES_TO == "unit":
            prompt = UnitPrompt(cell.units)
        elif sides:
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
        """Ask for a layer, or for another place that the view finds, and go
        there.
        """
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
        """Show the assumptions, to choose otherwise."""
        screen = self._screen
        if screen.opened is None:
            return

        from rnn_tui.tui.session.assumptions import assumptions

        found = assumptions(screen.opened)
        if not found:
            screen.say(_without_choice(screen.opened))
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


def _without_choice(opened: OpenedModel) -> str:
    """Return what is to be said of a model none of whose assumptions can be
    changed.
    """
    if opened.assumptions:
        from rnn_tui.tui.text.status_line import first_of

        return f"there is no other choice: {first_of(opened.assumptions)}"

    return "the file says how every layer is configured: nothing is assumed"
