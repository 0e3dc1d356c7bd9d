"""The export dialog: asks where to write, writes in a thread, and can be
stopped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from textual import on, work
from textual.events import Event
from textual.message import Message
from textual.worker import Worker, get_current_worker

from rnn_tui.errors import ExportError, RnnTuiError, RunCancelledError
from rnn_tui.pictures.write import check_can_write, kind_of
from rnn_tui.tui.screens.picturing import Wanted
from rnn_tui.tui.session import jobs
from rnn_tui.tui.session.session import Subject
from rnn_tui.tui.widgets.dialog import LineDialog

if TYPE_CHECKING:
    from rnn_tui.analysis.table import Table
    from rnn_tui.engine.trace.trace import ModelTrace

Write: TypeAlias = Callable[[str, bool, Callable[[], None]], str]
"""Writes to a path, replacing a file if told so, calls the third argument in
between; returns a sentence about it.
"""

EVERY = 0.25
"""Seconds between two words on progress."""


class ExportPrompt(LineDialog[str | Wanted]):
    """Answers with a sentence about the file, or with a picture to be made: it
    is taken when the dialog has gone.

    An existing file is replaced on a second Enter only; Escape stops the
    writing.
    """

    TITLE_TEXT = "Export"

    class Written(Message):
        """The writing goes on (`done` False) or has ended, well or not."""

        def __init__(
            self,
            line: str,
            done: bool = False,
            error: bool = False,
        ) -> None:
            super().__init__()
            self.line = line
            self.done = done
            self.error = error

    def __init__(self, text: str, words: str, write: Write) -> None:
        super().__init__(text)
        self._words = words
        self._write = write
        self._sure = ""
        self._writing: Worker[None] | None = None

    def ready_for(self, event: Event) -> bool:
        """Not while a file is written: keys typed after Enter aren't for this
        dialog.
        """
        return self._writing is None

    def hint(self) -> str:
        """Say which keys lead on."""
        return "enter writes · esc goes back"

    def understand(self, text: str) -> None:
        """Describe the file to be written."""
        self._sure = ""
        if self._writing is None:
            self.mean(self._words)

    def answer(self, text: str) -> None:
        """Write the file, or ask again before replacing one."""
        path = os.path.expanduser(text.strip())
        if self._writing is not None:
            return

        if os.path.lexists(path) and self._sure != path:
            self._sure = path
            what = (
                "this is a link; Enter again replaces the link, not the file "
                "it leads to"
            )
            self.mean(
                what
                if os.path.islink(path)
                else "this file exists; Enter again replaces it",
                error=True,
            )
            return

        if kind_of(path) is not None:
            self._picture(path)
            return

        self.mean("writing …     esc stops")
        self._writing = self._work(path, self._sure == path)

    def _picture(self, path: str) -> None:
        """Answer with a picture, unless something is missing to write it."""
        try:
            check_can_write(kind_of(path) or "")
        except ExportError as error:
            self.mean(str(error), error=True)
        else:
            self.dismiss(Wanted(path, self._sure == path))

    def action_back(self) -> None:
        """Stop the writing, or leave everything as it was."""
        if self._writing is None:
            self.dismiss(None)
            return

        self._writing.cancel()
        self._writing = None
        self.mean("stopped: nothing was written")

    @work(thread=True, exclusive=True, exit_on_error=True)
    def _work(self, path: str, force: bool) -> None:
        worker = get_current_worker()
        started = said = monotonic()

        def check() -> None:
            nonlocal said
            if worker.is_cancelled:
                raise RunCancelledError

            if monotonic() - said > EVERY:
                said = monotonic()
                self.post_message(
                    self.Written(
                        f"writing … {said - started:.0f} s     esc stops"
                    )
                )

        try:
            message = self.Written(self._write(path, force, check), done=True)
        except RunCancelledError:
            return
        except RnnTuiError as error:
            message = self.Written(str(error), done=True, error=True)

        if not worker.is_cancelled:
            self.post_message(message)

    @on(Written)
    def _say(self, event: Written) -> None:
        event.stop()
        if self._writing is None:
            return

        if not event.done:
            self.mean(event.line)
            return

        self._writing = None
        if event.error:
            self._sure = ""
            self.mean(event.line, error=True)
        else:
            self.dismiss(event.line)


def export_prompt(subject: Subject, table: Table | None) -> ExportPrompt:
    """Return the dialog that writes the table a view shows, or the trace where
    the view has none or the name ends in .npz.
    """
    trace = subject.trace
    stem = ""
    if subject.opened is not None:
        stem = os.path.splitext(os.path.basename(subject.opened.file.path))[0]
        conditions = subject.opened.assumptions
        if trace is not None:
            if trace.where_it_stopped:
                conditions = (*conditions, trace.where_it_stopped)

            trace = replace(trace, warnings=conditions)

        if table is not None and conditions:
            table = _resting_on(conditions, table)

    write = _writer(table, trace)
    pictures = "the picture as .svg or .png"
    if trace is not None:
        pictures += ", the run in this view as .gif or .cast"

    if table is None:
        words = "every gate and state of the run as .npz, .json or .csv"
        words = f"{words}; {pictures}"
        return ExportPrompt(f"{stem}-trace.npz", words, write)

    what = f"the {table.title} table"
    if table.part:
        what = f"the values of {table.part}"

    words = f"{what} as .csv or .json"
    if trace is not None:
        words += "; the trace as .npz"

    words = f"{words}; {pictures}"

    return ExportPrompt(f"{stem}-{table.part or table.title}.csv", words, write)


def _resting_on(conditions: Sequence[str], table: Table) -> Table:
    """Return a table with the assumptions on which its numbers rest, as a
    trace has them: in its JSON, and first in its lines where they are those of
    a trace.
    """
    from rnn_tui.export.long_table import COLUMNS

    rows = table.rows
    tree = table.tree
    if tree is not None:
        tree = {**tree, "warnings": list(conditions)}

    if tuple(table.columns) == tuple(COLUMNS):
        empty = [""] * (len(COLUMNS) - 3)
        told = [("warning", "", line, *empty) for line in conditions]
        rows = [*told, *rows]

    return table._replace(rows=rows, tree=tree)


def _writer(table: Table | None, trace: ModelTrace | None) -> Write:
    """Return the function that writes the table or, to .npz or where there is
    no table, the trace: it runs in a thread.
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
