"""The export dialog: asks where to write, writes in a thread, and can be stopped."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import monotonic
from typing import TypeAlias

from textual import on, work
from textual.message import Message
from textual.worker import Worker, get_current_worker

from rnn_tui.errors import RnnTuiError, RunCancelledError
from rnn_tui.tui.widgets.dialog import LineDialog

Write: TypeAlias = Callable[[str, bool, Callable[[], None]], str]
"""Writes to a path, replacing a file if told so, calls the third argument in between;
returns what was done.
"""

EVERY = 0.25
"""Seconds between two words on progress."""


class ExportPrompt(LineDialog[str]):
    """Answers with what was written.

    An existing file is replaced on a second Enter only; Escape stops the writing.
    """

    TITLE_TEXT = "Export"

    class Written(Message):
        """The writing goes on (`done` False) or has ended, well or not."""

        def __init__(self, line: str, done: bool = False, error: bool = False) -> None:
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

    def hint(self) -> str:
        """Say which keys lead on."""
        return "enter writes · esc goes back"

    def understand(self, text: str) -> None:
        """Say what will be written."""
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
                "this is a link; Enter again replaces the link, not the file it leads "
                "to"
            )
            self.mean(
                what
                if os.path.islink(path)
                else "this file exists; Enter again replaces it",
                error=True,
            )
            return

        self.mean("writing …     esc stops")
        self._writing = self._work(path, self._sure == path)

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
                    self.Written(f"writing … {said - started:.0f} s     esc stops")
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
