"""`rnn-tui layers`: the layer table."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.layer_records import (
    TITLES,
    layer_record,
    layer_row,
    shape_text,
)
from rnn_tui.cli.source import Source

if TYPE_CHECKING:
    from rnn_tui.cli.tables import Part
    from rnn_tui.engine.model import LayerInfo
    from rnn_tui.formats.opened import OpenedModel


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
            rows=lambda: [layer_row(layer) for layer in layers],
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
        "layers": [layer_record(layer) for layer in layers],
        "warnings": list(opened.warnings),
    }


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
