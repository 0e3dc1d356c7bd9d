"""How the stored arrays of a layer's cells fall into gates, read in a thread:
the Layers view draws it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from rnn_tui.errors import RnnTuiError
from rnn_tui.tui.text.layer_help import parts_by_shape, stored_parts
from rnn_tui.tui.widgets.first_paint import after_picture

if TYPE_CHECKING:
    from rnn_tui.engine.model import CellEntry, LayerInfo
    from rnn_tui.tui.renderables.gates import StoredPart

MOST_READ = 4_000_000
"""Parameters up to which a layer's weights are read to say which biases are
constant.
"""


class PartsRead(Message):
    """A layer's weights have been looked at."""

    def __init__(self, path: str, found: dict[str, list[StoredPart]]) -> None:
        super().__init__()
        self.path = path
        self.found = found


class StoredParts:
    """The parts of every cell that was asked for, by its key. `owner` is told
    by `PartsRead` when there are more.
    """

    def __init__(self, owner: Widget) -> None:
        self._owner = owner
        self._known: dict[str, list[StoredPart]] = {}

    def forget(self) -> None:
        """Forget another file's."""
        self._known.clear()

    def keep(self, event: PartsRead) -> None:
        """Keep the arrays read; of a layer that can't be read, that there are
        none.
        """
        self._known.update(event.found)
        self._known.setdefault(event.path, [])

    def of(
        self,
        layer: LayerInfo,
        entries: Sequence[CellEntry],
        layers: Sequence[LayerInfo],
    ) -> list[tuple[CellEntry, list[StoredPart]]]:
        """Return the known arrays of a layer's cells; the others will be read.

        The parts of a large layer are those of the shapes in the layer table.
        """
        if layer.recurrent and layer.path not in self._known:
            if layer.parameters > MOST_READ:
                self._known[layer.path] = []
                for entry in entries:
                    self._known[entry.key] = _by_shape(entry, layers)
            else:
                read = partial(self._read, layer.path, tuple(entries))
                after_picture(self._owner, partial(self._start, read))

        return [
            (entry, self._known[entry.key])
            for entry in entries
            if entry.key in self._known
        ]

    def _start(self, read: partial[None]) -> None:
        self._owner.run_worker(
            read,
            thread=True,
            exclusive=True,
            group="parts",
            exit_on_error=False,
        )

    def _read(self, path: str, entries: Sequence[CellEntry]) -> None:
        worker = get_current_worker()
        try:
            found = {entry.key: stored_parts(entry.cell) for entry in entries}
        except RnnTuiError:  # said by the run, and in the layer's own why_not
            found = {}

        if not worker.is_cancelled:
            self._owner.post_message(PartsRead(path, found))


def _by_shape(
    entry: CellEntry,
    layers: Sequence[LayerInfo],
) -> list[StoredPart]:
    """Return the parts of a cell by the shapes in the layer table."""
    if entry.index is not None:
        return []

    for info in layers:
        if info.weights and info.path in (entry.key, entry.layer):
            return parts_by_shape(info)

    return []
