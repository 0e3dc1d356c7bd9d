"""Sequential models whose layers return several tensors, as Keras 3 builds
them.
"""

from __future__ import annotations

from collections.abc import Mapping

from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.layers.layer import Layer
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
            several = layers[ref.layer].output_count() > 1
            if several and reader.why_not is None:
                reader.why_not = (
                    f"{ref.layer!r} returns several tensors, a layer of a "
                    "Sequential reads only one"
                )

    (last,) = spec.outputs
    count = layers[last.layer].output_count()

    return [last._replace(tensor=k) for k in range(count)]
