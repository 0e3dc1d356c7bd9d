"""Arrays in the file that no layer of the configuration has: a model without
them may be another than was saved.
"""

from __future__ import annotations

from collections.abc import Iterator

from rnn_tui.formats.data.description import FileDescription
from rnn_tui.formats.data.spec import GraphSpec, LayerSpec
from rnn_tui.text import clean

MOST_NAMED = 5


def unclaimed(file: FileDescription, graph: GraphSpec) -> list[str]:
    """Return a line that names the groups with arrays in the file and no layer
    in the model, none when there is nothing.

    Only where groups are layers by name: elsewhere Keras keeps more beside them
    than layers (seeds, counters, aliases).
    """
    if file.layout != "layer_names":
        return []

    known = set(_names(graph.layers))
    names = [
        group.name
        for group in file.groups
        if group.arrays and group.name not in known
    ]
    if not names:
        return []

    if len(names) > MOST_NAMED:
        more = f" and {len(names) - MOST_NAMED} more"
    else:
        more = ""

    shown = ", ".join(repr(clean(name, 60)) for name in names[:MOST_NAMED])

    return [
        (
            f"the file has weights of {shown}{more}, of which the "
            "configuration says nothing: they are left out"
        )
    ]


def _names(layers: list[LayerSpec]) -> Iterator[str]:
    for layer in layers:
        yield layer.name
        if layer.graph is not None:
            yield from _names(layer.graph.layers)
