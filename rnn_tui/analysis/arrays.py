"""The stored arrays of every layer, recurrent or not: their places, their
values and which of them fall into gates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.describe.layer_table import part_of

if TYPE_CHECKING:
    from rnn_tui.engine.core.arrays import Array, Weight
    from rnn_tui.engine.graph.graph import Graph
    from rnn_tui.engine.layers.layer import Layer
    from rnn_tui.engine.model import Model


@dataclass(frozen=True, eq=False)
class ArrayBlock:
    """One stored array of a layer.

    `layer` is the layer's path, `shape` and `dtype` are the array's own. The
    values are read when first asked for.
    """

    layer: str
    weight: Weight

    @property
    def key(self) -> str:
        """The layer's path, as a gate's block has the path of its cell."""
        return self.layer

    @property
    def part(self) -> str:
        """The array's name."""
        return self.weight.name

    @property
    def gate(self) -> str:
        """Nothing: the array is shown as a whole."""
        return ""

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return self.weight.shape

    @property
    def columns(self) -> tuple[int, int]:
        """All places along the last axis."""
        last = 1
        if self.shape:
            last = self.shape[-1]

        return (0, last)

    @property
    def values(self) -> Array:
        """The array's values; a single number is an array of one."""
        return np.atleast_1d(self.weight.value)


def layer_arrays(
    model: Model,
    layer: str | None = None,
) -> tuple[ArrayBlock, ...]:
    """Return every stored array of the model's layers, or of the layer at the
    path `layer` and of all it wraps.
    """
    return tuple(
        ArrayBlock(path, weight)
        for path, weight in stored_weights(model)
        if layer is None or path == layer or path.startswith(f"{layer}/")
    )


def without_gates(
    model: Model,
    layer: str | None = None,
) -> tuple[ArrayBlock, ...]:
    """Return those of `layer_arrays` whose layer holds no cell that can be
    divided into gates.
    """
    of_cells = {
        path for entry in model.cells for path in (entry.layer, entry.key)
    }
    return tuple(
        block
        for block in layer_arrays(model, layer)
        if block.layer not in of_cells
    )


def stored_weights(model: Model) -> Iterator[tuple[str, Weight]]:
    """Yield each array of a model once, with the path of its layer: of a
    wrapper and the layer it wraps, the inner one.
    """
    seen: set[int] = set()
    for path, weight in _weights(model.graph, ""):
        if id(weight) not in seen:
            seen.add(id(weight))
            yield path, weight


def _weights(graph: Graph, prefix: str) -> Iterator[tuple[str, Weight]]:
    for name, layer in graph.layers.items():
        yield from _within(layer, prefix + name)


def _within(layer: Layer, path: str) -> Iterator[tuple[str, Weight]]:
    if layer.nested is not None:
        yield from _weights(layer.nested, f"{path}/")
        return

    for inner in layer.sublayers():
        yield from _within(inner, f"{path}/{part_of(layer, inner)}")

    for weight in layer.weights:
        yield path, weight
