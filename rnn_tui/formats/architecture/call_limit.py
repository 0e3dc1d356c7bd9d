"""Models in models, each called more than once: a few lines of a configuration
may mean a million calls.
"""

from __future__ import annotations

from rnn_tui.errors import ConfigError
from rnn_tui.formats.data.spec import GraphSpec, LayerSpec

MOST_CALLS = 30_000
"""Calls that models within models may make beyond those that are written down:
some two seconds to go through.
"""


def refuse_multiplied(graph: GraphSpec) -> None:
    """Raise ConfigError when the calls of the models in a model multiply to
    more than can be followed.
    """
    written: dict[int, int] = {}
    beyond = _calls(graph, {}, written) - sum(written.values())
    if beyond > MOST_CALLS:
        raise ConfigError(
            "its models within models call each other so often that their "
            f"layers are called {beyond:,} times more than they are written: "
            f"at most {MOST_CALLS:,} are followed"
        )


def _calls(
    graph: GraphSpec,
    known: dict[int, int],
    written: dict[int, int],
) -> int:
    """Return how many calls one call of a model makes, all that is inside
    included.
    """
    if id(graph) not in known:
        inside = {
            layer.name: _inside(layer, known, written) for layer in graph.layers
        }
        written[id(graph)] = len(graph.nodes)
        known[id(graph)] = sum(
            1 + inside.get(node.layer, 0) for node in graph.nodes
        )

    return known[id(graph)]


def _inside(
    layer: LayerSpec,
    known: dict[int, int],
    written: dict[int, int],
) -> int:
    if layer.graph is not None:
        return _calls(layer.graph, known, written)

    return sum(_inside(wrapped, known, written) for wrapped in layer.wraps)
