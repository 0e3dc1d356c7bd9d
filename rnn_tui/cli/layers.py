"""`rnn-tui layers`: the layer table."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.cli.source import Source

if TYPE_CHECKING:
    from rnn_tui.cli.tables import Part
    from rnn_tui.engine.model import LayerInfo
    from rnn_tui.formats.opened import OpenedModel

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


def run(arguments: Namespace) -> int:
    """List the layers and return the exit status."""
    source = Source(arguments)
    from rnn_tui.cli.names import check_layers
    from rnn_tui.cli.output import Result, emit

    opened = source.open()
    check_layers(arguments.layer, opened.model)
    wanted = set(arguments.layer)
    layers = [
        layer
        for layer in opened.model.layers
        if not wanted or _is_wanted(layer.path, wanted)
    ]
    emit(
        Result(
            page=lambda: page(opened, layers),
            tree=lambda: tree(opened, layers),
            titles=TITLES,
            rows=lambda: [_csv_row(layer) for layer in layers],
        ),
        arguments,
    )

    return 0


def _is_wanted(path: str, wanted: set[str]) -> bool:
    return any(path == name or path.startswith(f"{name}/") for name in wanted)


def tree(opened: OpenedModel, layers: Sequence[LayerInfo]) -> dict[str, Any]:
    """Return the layer table as `layers --format json` writes
    it.
    """
    file = opened.file
    model = opened.model

    return {
        "schema": 1,
        "file": {
            "path": file.path,
            "container": file.container,
            "keras_version": file.keras_version,
            "backend": file.backend,
            "bytes": file.bytes,
            "facts": dict(file.facts),
        },
        "model": {
            "name": model.name,
            "class": model.class_name,
            "parameters": model.parameters,
            "trainable": model.trainable,
            "non_trainable": model.non_trainable,
            "readable": None
            if opened.readable is None
            else opened.readable._asdict(),
        },
        "layers": [_layer(layer) for layer in layers],
        "warnings": list(opened.warnings),
    }


def _layer(layer: LayerInfo) -> dict[str, Any]:
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


def _csv_row(layer: LayerInfo) -> list[Any]:
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


def page(opened: OpenedModel, layers: Sequence[LayerInfo]) -> list[Part]:
    """Return the layer table for people: file, layers, totals and notes."""
    from rnn_tui.analysis.table import Table

    table = Table(
        "layers",
        ("Layer", "Class", "Output shape", "Parameters", "Formula"),
        [_row(layer) for layer in layers],
        numbers=frozenset({"Parameters"}),
        optional=("Formula",),
    )
    model = opened.model
    totals = (
        f"{_readable(opened)}: {model.trainable:,} trainable, "
        f"{model.non_trainable:,} not; * recurrent"
    )

    parts: list[Part] = [*_file_lines(opened), "", table, "", totals]
    for layer in layers:
        parts += [f"{layer.path}: {note}" for note in layer.notes]
        if layer.why_not is not None:
            parts.append(f"{layer.path}: can't be reproduced: {layer.why_not}")

    return parts


def _file_lines(opened: OpenedModel) -> list[str]:
    """Return the model's name, and the facts of its file."""
    file = opened.file
    model = opened.model
    head = (
        f"{file.path}: {model.name} ({model.class_name}), {file.container}, "
        f"{file.written_by}"
    )
    if file.backend:
        head += f", {file.backend}"

    facts = [f"{file.bytes:,} bytes"]
    facts += [f"{name} {text}" for name, text in file.facts.items()]

    return [head, ", ".join(facts)]


def _row(layer: LayerInfo) -> list[str]:
    """Return a layer's row; a layer within another is indented, by its own
    name.
    """
    name = layer.path
    if layer.depth:
        name = "  " * layer.depth + layer.path.rpartition("/")[2]

    class_name = layer.class_name
    if layer.recurrent:
        class_name += " *"

    shape = shape_text(layer.output_shape)

    return [name, class_name, shape, f"{layer.parameters:,}", layer.formula]


def _readable(opened: OpenedModel) -> str:
    """Return how many parameters there are; of a file that shows only in part,
    how many of them could be read.
    """
    found = opened.readable
    if found is None or not opened.lacks:
        return f"{opened.model.parameters:,} parameters"

    return found.words()
