"""The blocks of a model's cells and layers, measured in a thread while the view
that shows them goes on.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from rnn_tui.errors import RnnTuiError, RunCancelledError
from rnn_tui.tui.widgets.first_paint import after_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rnn_tui.engine.model import LayerInfo
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.weights_page.statistics_job import Measured

MOST_CHECKED = 20_000_000
"""Parameters of a model, or of a layer, up to which all are read unasked."""

MEASURING = "measuring the weights …"


class Done(Message):
    """A cell has been measured, as far as `rows` say; `problem` says why it
    can't be.
    """

    def __init__(
        self,
        key: str,
        rows: list[Measured],
        problem: str = "",
    ) -> None:
        super().__init__()
        self.key = key
        self.rows = rows
        self.problem = problem


class Measurements:
    """The rows of every cell that was asked for, by its key.

    `owner` is told by `Done` when there are more; `pictured` rows have a small
    picture each.
    """

    def __init__(self, owner: Widget, pictured: bool = False) -> None:
        self._owner = owner
        self._pictured = pictured
        self._rows: dict[str, list[Measured]] = {}
        self._problems: dict[str, str] = {}

    def forget(self) -> None:
        """Forget another file's."""
        self._rows.clear()
        self._problems.clear()

    def rows(self, key: str) -> list[Measured]:
        """Return the measurements of a cell."""
        return self._rows.get(key, [])

    def problem(self, key: str) -> str:
        """Return why a cell can't be measured, empty where nothing says so."""
        return self._problems.get(key, "")

    def known(self, key: str) -> bool:
        """Whether there is something to say of a cell."""
        return key in self._rows or key in self._problems

    def keep(self, event: Done) -> None:
        """Keep the measurements of a thread."""
        if event.problem:
            self._problems[event.key] = event.problem
        else:
            self._rows[event.key] = event.rows

    def begin(self, opened: OpenedModel, key: str) -> None:
        """Measure a cell in a thread of its own, in place of whatever is being
        measured.
        """
        self._owner.run_worker(
            partial(self._measure, opened, key),
            thread=True,
            exclusive=True,
            group="measure",
            exit_on_error=True,
        )

    def _measure(self, opened: OpenedModel, key: str) -> None:
        # it needs NumPy, which the first picture doesn't wait for
        from rnn_tui.tui.weights_page.statistics_job import measure

        worker = get_current_worker()

        def cancelled() -> bool:
            return worker.is_cancelled

        try:
            for rows in measure(opened.model, key, cancelled, self._pictured):
                if not worker.is_cancelled:
                    self._owner.post_message(Done(key, rows))
        except RunCancelledError:
            return
        except RnnTuiError as error:
            if not worker.is_cancelled:
                self._owner.post_message(Done(key, [], str(error)))


class LayerMeasurements(Measurements):
    """The rows of the layers that were looked at, each with a small picture."""

    def __init__(self, owner: Widget) -> None:
        super().__init__(owner, pictured=True)
        self._asked = ""
        """The path of the layer that was measured last."""

    def forget(self) -> None:
        """Forget another file's."""
        super().forget()
        self._asked = ""

    def of(
        self,
        layer: LayerInfo,
        opened: OpenedModel,
    ) -> tuple[Sequence[Measured], str]:
        """Return the measurements of a layer's weights, and a sentence about
        the missing ones, which will be measured.
        """
        path = layer.path
        from rnn_tui.tui.weights_page.shown_layer import has_arrays

        if not has_arrays(path, opened.model.layers):
            return (), ""

        if layer.parameters > MOST_CHECKED:
            return (), f"{layer.parameters:,} weights: enter measures them"

        if not self.known(path):
            self._ask(path, opened)
            return (), MEASURING

        rows = self.rows(path)
        if rows and rows[-1].picture is None:
            return rows, MEASURING

        return rows, self.problem(path)

    def _ask(self, path: str, opened: OpenedModel) -> None:
        if path != self._asked:
            self._asked = path
            after_picture(self._owner, partial(self.begin, opened, path))
