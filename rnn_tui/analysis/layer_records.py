"""The layer table as plain values, which the command writes and the explorer
exports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnn_tui.engine.model import LayerInfo

TITLES = (
    "name",
    "class",
    "output_shape",
    "parameters",
    "trainable",
    "recurrent",
    "formula",
    "inputs",
    "reproducible",
    "why_not",
    "notes",
)


def layer_record(layer: LayerInfo) -> dict[str, Any]:
    """Return a layer as `layers --format json` writes it."""
    return {
        "name": layer.path,
        "class": layer.class_name,
        "output_shape": _listed(layer.output_shape),
        "parameters": layer.parameters,
        "trainable": layer.trainable,
        "recurrent": layer.recurrent,
        "formula": layer.formula,
        "inputs": list(layer.inputs),
        "weights": [
            {"name": name, "shape": list(shape), "dtype": dtype}
            for name, shape, dtype in layer.weights
        ],
        "reproducible": layer.reproducible,
        "why_not": layer.why_not,
        "notes": list(layer.notes),
    }


def _listed(shape: Any) -> Any:
    if isinstance(shape, tuple):
        return [_listed(part) for part in shape]

    return shape


def shape_text(shape: Any) -> str:
    """Return a shape as `model.summary()` prints it: `(None, 3, 25)`, several
    apart by commas.
    """
    if shape is None:
        return "?"
    if shape and isinstance(shape[0], tuple):
        return ", ".join(map(shape_text, shape))

    return str(tuple(shape))


def layer_row(layer: LayerInfo) -> list[Any]:
    """Return a layer as a row of `TITLES`."""
    return [
        layer.path,
        layer.class_name,
        shape_text(layer.output_shape),
        layer.parameters,
        layer.trainable,
        layer.recurrent,
        layer.formula,
        " ".join(layer.inputs),
        layer.reproducible,
        layer.why_not or "",
        "; ".join(layer.notes),
    ]
