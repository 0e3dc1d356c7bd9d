"""A model of its author's own class that is used as a layer: its layers are
listed by the paths of their arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnn_tui.errors import FileError
from rnn_tui.formats.data.description import (
    FileDescription,
    StoredArray,
    StoredGroup,
)
from rnn_tui.formats.data.spec import Era, LayerSpec
from rnn_tui.formats.weights.attach_by_path import Found
from rnn_tui.formats.weights_only.infer import deduce


def list_inside(
    spec: LayerSpec,
    place: str,
    groups: Sequence[StoredGroup],
    file: FileDescription,
    era: Era,
) -> tuple[list[StoredArray], Found]:
    """Give a layer the parts of its groups to list below it; return the arrays
    that stay its own, and those of the others.

    Nothing of it is run: how the layers inside call each other isn't in the
    file. Without a recurrent one among them, all arrays stay the layer's own.
    """
    own = [array for group in groups for array in group.arrays]
    inside = tuple(
        group._replace(name=group.name[len(place) :].lstrip("/"))
        for group in groups
    )
    try:
        graph, attached, _ = deduce(
            file._replace(layout="paths", groups=inside, config=None),
            era,
            {},
        )
    except FileError:
        return own, {}

    spec.wraps = [
        layer for layer in graph.layers if layer.name not in graph.hidden
    ]
    for layer in _all(spec.wraps):
        layer.notes = []
        layer.why_not = (
            f"it is inside {spec.written}, whose structure is not in the file"
        )

    taken = {array.key for one in attached.values() for array in one.arrays}
    inside_found = {
        key: (one.arrays, one.problem) for key, one in attached.items()
    }

    return [array for array in own if array.key not in taken], inside_found


def _all(layers: Sequence[LayerSpec]) -> Iterator[LayerSpec]:
    for layer in layers:
        yield layer
        yield from _all(layer.wraps)
