"""How many sequences a model computes at once, where it holds numbers of its
own for each of them.

A constant initial state of two rows is for two sequences. Keras runs such a
model with as many, so one that is given alone is fed as often as there are
rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Shape
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.inputs import input_shape
from rnn_tui.engine.graph.nodes import Node
from rnn_tui.engine.layers.layer import Layer

if TYPE_CHECKING:
    from rnn_tui.engine.layers.constant import Constant


def sequences_at_once(graph: Graph) -> int | None:
    """Return for how many sequences a model's constants are; None where they
    don't say, or say different things.
    """
    counts = set(_counts(graph))
    if len(counts) == 1:
        return counts.pop()

    return None


def repeated(fed: Mapping[str, Array], count: int) -> dict[str, Array]:
    """Return each input's one sequence `count` times; the copies take no
    memory.
    """
    return {
        name: np.broadcast_to(value, (count, *value.shape[1:]))
        for name, value in fed.items()
    }


def _counts(graph: Graph) -> Iterator[int]:
    """Yield the number of sequences that each constant is for which has a row
    for each; models in it included.
    """
    layers = [graph.layers[ref.layer] for ref in graph.inputs]
    declared = {input_shape(layer)[0] for layer in layers}
    for node in graph.nodes:
        layer = graph.layers[node.layer]
        if layer.nested is not None:
            yield from _counts(layer.nested)

        for place, ref in enumerate(node.refs()):
            read = graph.layers[ref.layer]
            if not read.constant:
                continue

            constant = cast("Constant", read)
            if constant.shape[:1] in ((), (1,)):
                continue

            rows = constant.shape[0]
            if rows in declared or _has_rows(
                layer,
                node,
                place,
                constant.shape,
            ):
                yield rows


def _has_rows(layer: Layer, node: Node, place: int, shape: Shape) -> bool:
    """Whether the first axis of a constant that a call reads at `place` counts
    sequences, whatever its length.
    """
    if layer.recurrent:
        return place > 0 and not layer.config.get("time_major")

    if layer.class_name == "Concatenate":
        axis = node.kwargs.get("axis", layer.config.get("axis", -1))
        return axis not in (0, -len(shape))

    return False
