"""The layer table's rows: a line for each layer, nested ones indented, and the total."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.tui.numbers import shape_text, thousands
from rnn_tui.tui.renderables.rows import Cell, Column, column

if TYPE_CHECKING:
    from rnn_tui.engine.model import LayerInfo, Model


def layer_rows(model: Model) -> tuple[list[Column], list[tuple[Cell, ...]]]:
    """Return the columns and the rows, the total last."""
    rows = [_row(layer) for layer in model.layers]
    trainable: Cell = (f"{thousands(model.trainable)} trainable", "muted")
    rows.append((("total", "muted"), trainable, "", thousands(model.parameters), ""))
    columns = [
        column("layer", rows, 0, most=40),
        column("class", rows, 1, most=28),
        column("output", rows, 2, most=28),
        column("parameters", rows, 3, right=True),
        column("", rows, 4),
    ]
    return columns, rows


def _row(layer: LayerInfo) -> tuple[Cell, ...]:
    name = "  " * layer.depth + layer.path.rpartition("/")[2]
    remark: Cell = ""
    if not layer.reproducible:
        remark = ("can't be reproduced", "warning")
    elif layer.parameters and not layer.trainable:
        remark = ("frozen", "muted")
    parameters: Cell = thousands(layer.parameters) if layer.parameters else ("–", "faint")
    return (
        (name, "accent" if layer.recurrent else ""),
        (layer.class_name, "muted"),
        (shape_text(layer.output_shape), "muted"),
        parameters,
        remark,
    )
