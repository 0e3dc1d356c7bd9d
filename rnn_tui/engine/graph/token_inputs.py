"""Which inputs are read as token ids, of how many, and which by a layer that
makes ids of text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.memory.work_budget import spend

if TYPE_CHECKING:
    from rnn_tui.engine.core.text_reader import TextReader

MOST_TOKENS = 1 << 31
"""No vocabulary is larger."""


def ids_known(tokens: int | None, text: TextReader) -> int:
    """Return how many ids a layer that reads text can make, and the number that
    the layer which reads them knows.
    """
    return min(tokens or MOST_TOKENS, text.size or MOST_TOKENS)


def text_reader(graph: Graph, ref: Ref, prefix: str = "") -> TextReader | None:
    """Return how the layer that is given `ref` reads text; None when it
    doesn't.
    """
    for node, position in graph.readers.get(ref, ()):
        spend()
        layer = graph.layers[node.layer]
        make = getattr(layer, "reader", None)
        if make is not None and layer.why_not is None:
            found: TextReader = make(prefix + node.key)
            return found

        inner = layer.nested
        if inner is not None and position < len(inner.inputs):
            within = text_reader(
                inner,
                inner.inputs[position],
                f"{prefix}{node.key}/",
            )
            if within is not None:
                return within

    return None


def vocabulary(graph: Graph, ref: Ref) -> int | None:
    """Return how many token ids the layer that reads `ref` knows; None when it
    reads numbers.
    """
    known = []
    for node, position in graph.readers.get(ref, ()):
        spend()
        layer = graph.layers[node.layer]
        if layer.class_name == "TextVectorization":
            size = vocabulary(
                graph,
                Ref(node.layer, node.call),
            )  # it hands on the ids
        else:
            size = reads_tokens(layer, position, node)

        if size is not None:
            known.append(size)

    if known:
        return min(known)

    return None


def reads_tokens(
    layer: Layer,
    position: int = 0,
    node: Node | None = None,
) -> int | None:
    """Return the vocabulary of a layer that takes token ids at input number
    `position` of the call `node`.
    """
    if layer.schema.reads_ids:
        if layer.weights:
            table = layer.weights[0].shape
        else:
            table = ()

        return _size(
            table[0] if len(table) == 2 else layer.config.get("input_dim")
        )

    if makes_one_hot(layer):
        stated = {**layer.config, **(node.kwargs if node is not None else {})}
        return next(
            (
                size
                for key in layer.schema.id_counts
                if (size := _size(stated.get(key)))
            ),
            None,
        )

    if layer.at_each_timestep:
        return reads_tokens(layer.sublayers()[0])
    inner = layer.nested
    if inner is not None and position < len(inner.inputs):
        return vocabulary(inner, inner.inputs[position])

    return None


def _size(rows: Any) -> int | None:
    if isinstance(rows, (int, float)) and 0 < rows < MOST_TOKENS:
        return int(rows)

    return None


def makes_one_hot(layer: Layer) -> bool:
    """Say whether the layer makes vectors of ids without a table."""
    function = layer.config.get("function", "one_hot")

    return bool(layer.schema.id_counts) and function == "one_hot"


def becomes_one_hot(graph: Graph, ref: Ref) -> bool:
    """Say whether every layer that reads `ref` as ids makes vectors of it; an
    id they don't know is one of zeros.
    """
    found = False
    for node, position in graph.readers.get(ref, ()):
        layer = graph.layers[node.layer]
        if makes_one_hot(layer):
            found = True
        elif reads_tokens(layer, position, node) is not None:
            return False

    return found
