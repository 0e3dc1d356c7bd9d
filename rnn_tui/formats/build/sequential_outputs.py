"""Sequential models whose layers return several tensors, as Keras 3 builds
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
    """Return a Sequential's outputs: all tensors that its last layer returns
    (its states, both directions apart).

    No Keras can run a model in which an earlier layer returns several: the
    layer after it gets its why_not.
    """
    for node in spec.nodes:
        reader = layers[node.layer]
        for ref in node.refs():
            several = _count(layers[ref.layer]) > 1
            if several and reader.why_not is None:
                reader.why_not = (
                    f"{ref.layer!r} returns several tensors, a layer of a "
                    "Sequential reads only one"
                )

    (last,) = spec.outputs
    count = _count(layers[last.layer])

    return [last._replace(tensor=k) for k in range(count)]


def _count(layer: Layer) -> int:
    """Return how many tensors a layer returns."""
    if isinstance(layer, Bidirectional):
        outputs = 1
        if layer.merge_mode is None:
            outputs = 2

        return outputs + sum(_states(side) for _, side in layer.sides)

    if isinstance(layer, Recurrent):
        return 1 + _states(layer)

    return 1


def _states(layer: Recurrent) -> int:
    if layer.flag("return_state"):
        return sum(len(source.states) for source in layer.sources)

    return 0
