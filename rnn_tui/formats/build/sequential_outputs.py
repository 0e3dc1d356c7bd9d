"""Sequential models whose layers return more than one tensor: what Keras 3 makes of
them.
"""

from __future__ import annotations

from collections.abc import Mapping

from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.recurrent.bidirectional import Bidirectional
from rnn_tui.engine.recurrent.layer import Recurrent
from rnn_tui.formats.data.spec import GraphSpec


def all_outputs(spec: GraphSpec, layers: Mapping[str, Layer]) -> list[Ref]:
    """Return a Sequential's outputs: all that its last layer returns (its states, both
    directions apart).

    A layer before the last that returns several is a model no Keras can run: the layer
    behind it gets its why_not.
    """
    for node in spec.nodes:
        reader = layers[node.layer]
        for ref in node.refs():
            if _count(layers[ref.layer]) > 1 and reader.why_not is None:
                reader.why_not = (
                    f"{ref.layer!r} returns several tensors, a layer of a Sequential "
                    "reads only one"
                )

    (last,) = spec.outputs

    return [last._replace(tensor=k) for k in range(_count(layers[last.layer]))]


def _count(layer: Layer) -> int:
    """Return how many tensors a layer returns."""
    if isinstance(layer, Bidirectional):
        return (2 if layer.merge_mode is None else 1) + sum(
            _states(side) for _, side in layer.sides
        )

    return 1 + (_states(layer) if isinstance(layer, Recurrent) else 0)


def _states(layer: Recurrent) -> int:
    if layer.flag("return_state"):
        return sum(len(source.states) for source in layer.sources)

    return 0
