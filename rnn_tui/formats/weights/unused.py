"""Arrays in the file that no layer of the configuration has: a model without
them may be another than was saved.
"""

from __future__ import annotations

from collections.abc import Iterator

from rnn_tui.formats.data.description import FileDescription, StoredGroup
from rnn_tui.formats.data.spec import GraphSpec, LayerSpec
from rnn_tui.formats.weights.attach import Attachment
from rnn_tui.text import clean

MOST_NAMED = 5
_BESIDE_LAYERS = (
    "optimizer",
    "seed_generator",
    "seed_generators",
    "iterations",
    "metrics",
    "loss_tracker",
    "compile_metrics",
)
"""Parts of paths under which Keras 3 keeps what is no layer's."""


def unclaimed(
    file: FileDescription,
    graph: GraphSpec,
    attached: Attachment,
) -> list[str]:
    """Return a line that names the groups with arrays in the file and no layer
    in the model, none when there is nothing.
    """
    if file.layout not in ("layer_names", "paths", "tracked"):
        return []

    taken = {array.key for found in attached.values() for array in found.arrays}
    known = set(_names(graph.layers))
    groups = [
        group
        for group in file.groups
        if group.name not in known
        and _unread(group, taken)
        and (file.layout == "layer_names" or _of_a_layer(group))
    ]

    names = dict.fromkeys(group.layer_name or group.name for group in groups)
    if not names:
        return []

    shown = ", ".join(repr(clean(name, 60)) for name in [*names][:MOST_NAMED])
    if len(names) > MOST_NAMED:
        shown = f"{shown} and {len(names) - MOST_NAMED} more"

    return [
        (
            f"the file has weights of {shown}, of which the configuration says "
            "nothing: they are left out"
        )
    ]


def _of_a_layer(group: StoredGroup) -> bool:
    """Whether a group, by its path, may hold a layer's arrays."""
    parts = group.name.replace("\\", "/").split("/")

    return not any(part in _BESIDE_LAYERS for part in parts)


def _unread(group: StoredGroup, taken: set[str]) -> bool:
    """Whether a group has arrays, and none of them is among those `taken`."""
    return bool(group.arrays) and not any(
        array.key in taken for array in group.arrays
    )


def _names(layers: list[LayerSpec]) -> Iterator[str]:
    for layer in layers:
        yield layer.name
        if layer.graph is not None:
            yield from _names(layer.graph.layers)
