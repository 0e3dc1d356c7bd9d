"""The blocks of a model's cells, measured in a thread while the view goes on: what the
Weights view stands on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.message import Message
from textual.worker import get_current_worker

from rnn_tui.engine.trace.paths import without_calls
from rnn_tui.errors import RnnTuiError, RunCancelledError
from rnn_tui.tui.views.base import View
from rnn_tui.tui.weights_page.statistics_job import Measured, measure

if TYPE_CHECKING:
    from rnn_tui.engine.model import CellEntry


class Measuring(View):
    """A view of one cell's blocks, which come by and by."""

    class Done(Message):
        """A cell has been measured, as far as `rows` say."""

        def __init__(self, key: str, rows: list[Measured], problem: str = "") -> None:
            super().__init__()
            self.key = key
            self.rows = rows
            self.problem = problem

    def __init__(self) -> None:
        super().__init__()
        self._key = ""
        """The cell in question, empty when there is none."""
        self._measured: dict[str, list[Measured]] = {}
        """The rows of every cell that has been in question, by its key."""

    @property
    def entry(self) -> CellEntry | None:
        """The cell in question."""
        if self.opened is None:
            return None

        entries = self.opened.model.cells
        cell = self.cell
        if cell is not None:
            key = without_calls(cell.key)
            return next((entry for entry in entries if entry.key == key), None)
        if self.place.cell < len(entries):
            return entries[self.place.cell]

        return None

    def measured_more(self) -> None:
        """Called when more of the cell in question has been measured."""

    def not_measured(self, problem: str) -> None:
        """Called when a cell's weights can't be read."""

    @work(thread=True, exclusive=True, group="measure", exit_on_error=True)
    def _measure(self, key: str) -> None:
        """Measure a cell in a thread of its own, in place of whatever is being
        measured.
        """
        worker = get_current_worker()
        if self.opened is None:
            return

        try:
            for rows in measure(self.opened.model, key, lambda: worker.is_cancelled):
                if not worker.is_cancelled:
                    self.post_message(self.Done(key, rows))
        except RunCancelledError:
            return
        except RnnTuiError as error:
            if not worker.is_cancelled:
                self.post_message(self.Done(key, [], str(error)))

    @on(Done)
    def _keep_measured(self, event: Done) -> None:
        event.stop()
        if event.problem:
            self.not_measured(event.problem)
        elif event.key == self._key:
            self._measured[event.key] = event.rows
            self.measured_more()
