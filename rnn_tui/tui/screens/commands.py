"""The commands of the explorer's screen that ask something first, or say what they did.

Each dialog is loaded when it is first asked for: the first picture stands without them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from rnn_tui.errors import ExportError
from rnn_tui.tui.screens.workers import Part, WorkScreen
from rnn_tui.tui.session import jobs
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.startup.options import over_ssh

if TYPE_CHECKING:
    from rnn_tui.analysis.table import Table
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.tui.screens.exporting import Write
    from rnn_tui.tui.session.state_file import Remembered
    from rnn_tui.tui.views.base import View


class DialogScreen(WorkScreen):
    """Opens the dialogs and carries out what they answer."""

    place: Place
    view: str

    @property
    def current(self) -> View:
        """The view that is shown."""
        raise NotImplementedError

    @property
    def remembered(self) -> Remembered:
        """What the app remembers."""
        found: Remembered = self.app.remembered  # type: ignore[attr-defined]
        return found

    def remember_file(self) -> None:
        """Keep the file among those opened lately."""
        self.remembered.keep_file(self.path)

    def say_news(self) -> None:
        """Say once, after a run, that less can be written over SSH, and that settings
        can't be kept.
        """
        self.suggest_low_bandwidth()
        trouble = self.remembered.trouble_to_tell()
        if trouble is not None:
            self.say(
                f"recent files and settings can't be kept: {trouble} (RNN_TUI_STATE "
                "names another file)"
            )

    def suggest_low_bandwidth(self) -> None:
        """Over SSH, say once that there is a way to write less; keep it when it was
        chosen.
        """
        if not over_ssh():
            return

        if self.options.low_bandwidth:
            self.remembered.keep_low_bandwidth(True)
        elif self.remembered.low_bandwidth is None:
            self.remembered.keep_low_bandwidth(False)
            self.say(
                "over SSH --low-bandwidth writes far less; ctrl+p Low bandwidth "
                "remembers it"
            )

    def action_low_bandwidth(self) -> None:
        """Choose whether the explorer starts with low bandwidth over SSH."""
        wanted = not self.remembered.low_bandwidth
        self.remembered.keep_low_bandwidth(wanted)
        self.say(
            "over SSH the explorer will start "
            f"{'with low bandwidth' if wanted else 'as everywhere else'}"
        )

    def badge(self, wide: bool) -> tuple[Part, ...]:
        """Return what is known of exactness: the verdict, where the run stopped, or
        that nobody has compared yet.
        """
        if self.trace is None:
            return ()

        stopped = self.trace.stopped
        if stopped is not None and (self.verdict is None or not wide):
            return ((f"stopped at {stopped[0]}", "$warning"),)
        if self.verdict is None:
            return (("○ v verifies" if wide else "○", "$faint"),)

        largest = self.verdict.largest.absolute
        how = "" if self.verdict.rebuilt is None else ", rebuilt"
        if stopped is None:
            how += ""
        else:
            how += f", as far as {stopped[0]}"

        if self.verdict.agrees():
            return (
                (f"● equals Keras to {largest:.0e}{how}" if wide else "●", "$accent"),
            )

        return (
            (
                f"● differs from Keras by {largest:.1e}" if wide else "● differs",
                "$error bold",
            ),
        )

    def action_sequence(self) -> None:
        """Ask for a sequence and run it."""
        if self.opened is None:
            return

        from rnn_tui.tui.screens.prompts import SequencePrompt

        prompt = SequencePrompt(
            " | ".join(self.texts),
            self.opened.model.inputs,
            self.vocab,
            self.remembered.sequences,
        )
        self.app.push_screen(prompt, self._run_typed)

    def _run_typed(self, text: str | None) -> None:
        if text is not None:
            self.remembered.keep_sequence(text)
            self.typed = True
            self.start_run((text,))

    def say_nothing(self) -> None:
        """Say why a key that needs a run does nothing."""
        if self.opened is not None:
            self.say(self.current.nothing)

    def action_goto(self) -> None:
        """Ask for a timestep and go there."""
        if self.trace is not None:
            cells = self.trace.cells
        else:
            cells = ()

        if cells:
            from rnn_tui.tui.screens.prompts import TimestepPrompt

            self.app.push_screen(
                TimestepPrompt(cells[self.place.cell].timesteps), self._go_to
            )
        else:
            self.say_nothing()

    def _go_to(self, t: int | None) -> None:
        if t is not None:
            self.place = replace(self.place, t=t)

    def action_find(self) -> None:
        """Ask for a layer and select it."""
        if self.opened is not None:
            from rnn_tui.tui.screens.prompts import LayerPrompt

            self.app.push_screen(LayerPrompt(self.opened.model.layers), self._select)

    def _select(self, path: str | None) -> None:
        if path is None or self.opened is None:
            return

        if self.trace is not None:
            traced = self.trace.cells
        else:
            traced = ()

        cells = [(x.key, x.layer) for x in traced] or [
            (x.key, x.layer) for x in self.opened.model.cells
        ]
        inside = [
            k
            for k, (key, layer) in enumerate(cells)
            if f"{key}/".startswith(f"{path}/") or layer == path
        ]
        self.place = replace(
            self.place, layer=path, cell=inside[0] if inside else self.place.cell
        )
        if not inside:
            self.view = "layers"

    def action_help(self) -> None:
        """Explain the view."""
        from rnn_tui.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.view, self.current))

    def action_copy(self) -> None:
        """Copy what is under the cursor to the terminal's clipboard."""
        # a view may still be built
        found = None
        if self.current.is_mounted:
            found = self.current.copied()

        if found is None:
            self.say("there is nothing to copy here")
            return

        what, text = found
        self.app.copy_to_clipboard(text)
        self.say(
            f"copied {what} ({len(text):,} characters, through the terminal: OSC 52)"
        )

    def action_export(self) -> None:
        """Ask for a file and write the trace, or the table that is shown, to it."""
        table = None
        if self.current.is_mounted:
            table = self.current.shown_table()

        if self.opened is None or (table is None and self.trace is None):
            self.say("there is nothing to export yet")
            return

        from rnn_tui.tui.screens.exporting import ExportPrompt

        stem = os.path.splitext(os.path.basename(self.opened.file.path))[0]
        if table is not None and self.view in ("layers", "weights"):
            if table.part:
                what = f"the values of {table.part}"
            else:
                what = f"the {table.title} table"

            name = f"{stem}-{table.part or table.title}.csv"
            words = f"{what} as .csv or .json"
            if self.trace is not None:
                words += "; the trace as .npz"
            else:
                words += ""
        else:
            name = f"{stem}-trace.npz"
            words = "every gate and state of the run as .npz, .json or .csv"

        as_table = None
        if self.view in ("layers", "weights"):
            as_table = table

        if self.trace is None:
            trace = None
        else:
            trace = replace(self.trace, warnings=self.opened.assumptions)

        self.app.push_screen(
            ExportPrompt(name, words, self._writer(as_table, trace)), self._wrote
        )

    @staticmethod
    def _writer(table: Table | None, trace: ModelTrace | None) -> Write:
        """Return what writes the table or, to .npz or where there is no table, the
        trace: it runs in a thread.
        """

        def write(path: str, force: bool, check: Callable[[], None]) -> str:
            from rnn_tui.export import write_trace

            if table is not None and not path.lower().endswith(".npz"):
                jobs.write_table(table, path, force)
                return f"wrote {len(table.rows)} rows to {os.path.abspath(path)}"

            if trace is None:
                raise ExportError("there is no run to export")

            count = write_trace(trace, path, force=force, check=check)

            return f"wrote {count} arrays to {os.path.abspath(path)}"

        return write

    def _wrote(self, line: str | None) -> None:
        if line is not None:
            self.say(line)

    def action_verify(self) -> None:
        """Run the model in Keras, too, and compare."""
        if self.opened is None or self.trace is None:
            self.say_nothing()
            return

        if self.partial:
            self.say("only a run that is done can be compared", error=True)
            return

        self.say("running Keras on the same sequence …     esc cancels")
        self.run_keras(self.opened, self.trace)

    def action_reload(self) -> None:
        """Read the file again."""
        if self.path:
            self.say("reading the file again …")
            self.open_file()

    def action_open(self) -> None:
        """Open another file."""
        from rnn_tui.tui.screens.start import StartScreen

        self.app.push_screen(StartScreen(self.remembered.files), self._open)

    def _open(self, path: str | None) -> None:
        if path is None:
            return

        self.path = path
        self.typed = False
        self.vocab = None
        self.place = Place()
        self.opened = None
        self.say("reading the file …")
        self.open_file()

    def action_cancel(self) -> None:
        """Stop a run or a comparison; otherwise take back a message."""
        if not self.cancel_work():
            self.say("")
