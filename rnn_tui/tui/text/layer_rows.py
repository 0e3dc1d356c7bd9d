"""The layer table's rows: a line for each layer, nested ones indented, and the
total.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.tui.renderables.rows import Cell, Column, column
from rnn_tui.tui.renderables.shapes import shape_text, thousands

if TYPE_CHECKING:
    from rnn_tui.engine.model import LayerInfo, Model


NARROW = 60
"""Below this width the shape and the remark, which the explanation repeats, are
left out.
"""


def layer_rows(
    model: Model,
    width: int,
) -> tuple[list[Column], list[tuple[Cell, ...]]]:
    """Return the columns and the rows fit for `width` cells, the total last."""
    rows = [_row(layer) for layer in model.layers]
    trainable: Cell = (f"{thousands(model.trainable)} trainable", "muted")
    rows.append(
        (("total", "muted"), trainable, "", thousands(model.parameters), "")
    )
    if width < NARROW:
        rows = [
            (name, class_name, parameters)
            for name, class_name, _, parameters, _ in rows
        ]
        names = [
            column("layer", rows, 0, most=16),
            column("class", rows, 1, most=9),
        ]
        return [*names, column("params", rows, 2, right=True)], rows

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

    parameters: Cell
    if layer.parameters:
        parameters = thousands(layer.parameters)
    else:
        parameters = ("–", "faint")

    return (
        (name, "accent" if layer.recurrent else ""),
        (layer.class_name, "muted"),
        (shape_text(layer.output_shape), "muted"),
        parameters,
        remark,
    )
