"""A graph without nested models: their calls are calls of its own, under the
paths that they have in a trace (`encoder@1/lstm`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.layer import Layer


def flattened(graph: Graph) -> Graph:
    """Return a graph that computes the same in the calls of the innermost
    models. A nested model that is called with masks of its own, or for
    training, stays one call.
    """
    flat = _Flat()
    flat.add(graph, "", {ref: ref for ref in graph.inputs})

    return Graph(
        flat.layers,
        flat.nodes,
        list(graph.inputs),
        [flat.place("", ref) for ref in graph.outputs],
    )


class _Flat:
    """The layers and calls so far, and where the tensors of nested models are
    made, by their prefix.
    """

    def __init__(self) -> None:
        self.layers: dict[str, Layer] = {}
        self.nodes: list[Node] = []
        self.made: dict[tuple[str, Ref], Ref] = {}

    def add(
        self,
        graph: Graph,
        prefix: str,
        fed: Mapping[Ref, Ref],
    ) -> None:
        """Add a graph whose inputs are other tensors."""
        for name, layer in graph.layers.items():
            self.layers[prefix + name] = layer

        for ref, given in fed.items():
            self.made[prefix, ref] = given

        for node in graph.nodes:
            if (prefix, Ref(node.layer, node.call)) in self.made:
                continue  # an input

            layer = graph.layers[node.layer]
            if layer.nested is not None and _is_plain(node):
                self._add_nested(layer.nested, node, prefix)
            else:
                self._add_call(node, prefix)

    def _add_nested(
        self,
        inner: Graph,
        node: Node,
        prefix: str,
    ) -> None:
        """Add the calls of a nested model."""
        inside = f"{prefix}{node.key}/"
        read = [self.place(prefix, ref) for ref in node.input_refs]
        self.add(inner, inside, dict(zip(inner.inputs, read, strict=True)))
        for number, ref in enumerate(inner.outputs):
            own = Ref(node.layer, node.call, number)
            self.made[prefix, own] = self.place(inside, ref)

    def _add_call(self, node: Node, prefix: str) -> None:
        def placed(value: Any) -> Any:
            if isinstance(value, Ref):
                return self.place(prefix, value)
            if isinstance(value, Mapping):
                return {key: placed(item) for key, item in value.items()}
            if isinstance(value, (list, tuple)):
                return [placed(item) for item in value]

            return value

        args = tuple(placed(value) for value in node.args)
        name = prefix + node.layer
        self.nodes.append(Node(name, node.call, args, placed(node.kwargs)))

    def place(self, prefix: str, ref: Ref) -> Ref:
        """Return the tensor of the flat graph that a tensor of a nested one
        is.
        """
        found = self.made.get((prefix, ref))
        if found is not None:
            return found

        return ref._replace(layer=prefix + ref.layer)


def _is_plain(node: Node) -> bool:
    """Return whether a call hands over its inputs and nothing else."""
    in_training = node.kwargs.get("training") is True

    return node.refs() == node.input_refs and not in_training
