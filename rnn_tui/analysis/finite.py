"""Weights that aren't numbers: NaN and infinity in an array make everything
that depends on it worthless.
"""

from __future__ import annotations

from collections.abc import Iterator

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.describe.layer_table import part_of
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.wrappers import NestedModel
from rnn_tui.engine.model import Model


def not_finite(model: Model) -> list[str]:
    """Return a line for each array that was read and holds NaN or infinity;
    what wasn't read yet stays unread.
    """
    lines = []
    seen: set[int] = set()
    for path, weight in _weights(model.graph, ""):
        if id(weight) in seen:
            continue

        seen.add(id(weight))
        found = None
        if weight.loaded:
            found = _counted(weight)

        if found is not None:
            lines.append(
                f"layer {path!r}: its array {weight.name!r} holds {found}: "
                "nothing computed with it is right"
            )

    return lines


def _counted(weight: Weight) -> str | None:
    """Return how many values of an array are NaN and how many infinite, in
    words; None when none is.
    """
    values = weight.value
    if np.isfinite(values).all():
        return None

    counts = (
        ("NaN", int(np.isnan(values).sum())),
        ("infinite", int(np.isinf(values).sum())),
    )
    shown = " and ".join(f"{count:,} {name}" for name, count in counts if count)

    return f"{shown} of {values.size:,} values"


def _weights(graph: Graph, prefix: str) -> Iterator[tuple[str, Weight]]:
    """Yield every array of a model's layers with its layer's path; a wrapper
    may have again what it wraps has.
    """
    for name, layer in graph.layers.items():
        yield from _within(layer, prefix + name)


def _within(layer: Layer, path: str) -> Iterator[tuple[str, Weight]]:
    if isinstance(layer, NestedModel) and layer.graph is not None:
        yield from _weights(layer.graph, f"{path}/")
        return

    for inner in layer.sublayers():
        yield from _within(inner, f"{path}/{part_of(layer, inner)}")

    for weight in layer.weights:
        yield path, weight
