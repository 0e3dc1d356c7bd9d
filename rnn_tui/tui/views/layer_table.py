"""The table of layers in the Layers view: one a line, the cursor on one of
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnn_tui.tui.text.layer_rows import NARROW, layer_rows
from rnn_tui.tui.widgets.table import Column, RowTable

if TYPE_CHECKING:
    from rnn_tui.analysis.table import Table
    from rnn_tui.engine.model import CellEntry, LayerInfo, Model

ROOMY = 140
"""From this width on, the table's columns are farther apart."""

SHARE = 55
"""Hundredths of the view's width that the table takes at most."""


class LayerTable(RowTable):
    """Shows a model's layers in a view of some width."""

    def __init__(self) -> None:
        super().__init__(id="layers")
        self._listed: tuple[LayerInfo, ...] = ()
        self._filled_for = (False, False)

    @property
    def listed(self) -> tuple[LayerInfo, ...]:
        """The layers shown, in the order of the rows."""
        return self._listed

    @property
    def selected(self) -> LayerInfo | None:
        """The layer under the cursor; the last row, the total, is none."""
        return next(iter(self._listed[self.row : self.row + 1]), None)

    def fill(self, model: Model, width: int) -> None:
        """Show the layers of a model in a view `width` cells wide."""
        self._listed = model.layers
        self._filled_for = _kind(width)
        columns, rows = layer_rows(model, width)
        gap = self._gap(columns, width)
        self.show(columns, rows, still=[len(rows) - 1], gap=gap)

    def fits(self, width: int) -> bool:
        """Whether the columns are those for a view so wide."""
        return self._filled_for == _kind(width)

    def select(self, path: str) -> None:
        """Put the cursor on a layer, where it is in the table."""
        for index, layer in enumerate(self._listed):
            if layer.path == path:
                self.row = index
                return

    def exported(self) -> Table:
        """Return the layers as plain values, as the command line writes
        them.
        """
        from rnn_tui.analysis.layer_records import (
            TITLES,
            layer_record,
            layer_row,
        )
        from rnn_tui.analysis.table import Table

        rows = [layer_row(layer) for layer in self._listed]
        records = [layer_record(layer) for layer in self._listed]
        tree = {"schema": 1, "layers": records}

        return Table("layers", TITLES, rows, tree=tree)

    def _gap(self, columns: Sequence[Column], width: int) -> int:
        """Cells between two columns: more where the table has room beside the
        explanation.
        """
        whole = sum(column.width + 4 for column in columns)
        if self._filled_for[0] and whole <= width * SHARE // 100:
            return 4

        return 2


def _kind(width: int) -> tuple[bool, bool]:
    """Return the two facts that the columns depend on: whether there is much
    room, whether there is little.
    """
    return width >= ROOMY, width < NARROW


def copied_layer(layer: LayerInfo | None) -> tuple[str, str] | None:
    """Return a layer's name, and its line of the table as text."""
    if layer is None:
        return None

    fields = (
        layer.path,
        layer.class_name,
        layer.output_shape,
        layer.parameters,
    )

    return f"layer {layer.path}", "\t".join(map(str, fields))


def cells_at(path: str, model: Model) -> dict[int, CellEntry]:
    """Return the cells that the layer at a path holds, itself or in a layer it
    wraps, by their numbers in the model.
    """
    numbered = enumerate(model.cells)

    return {number: entry for number, entry in numbered if _holds(path, entry)}


def _holds(path: str, entry: CellEntry) -> bool:
    """Whether the layer at `path` is, or wraps, the one that holds the cell."""
    return (
        path in (entry.layer, entry.key)
        or entry.layer.startswith(path + "/")
        or entry.key.startswith(path + "/")
    )
