"""Arrays whose groups are the paths of their variables' names
(`sequential/lstm`), given to the layers of a configuration: a variable is in
the outermost layer that its path names.
"""

from __future__ import annotations

from collections.abc import Sequence

from rnn_tui.formats.data.description import (
    FileDescription,
    StoredArray,
    StoredGroup,
)
from rnn_tui.formats.data.spec import Era, GraphSpec, LayerSpec
from rnn_tui.formats.weights.attach import (
    Attached,
    Attachment,
    leaves,
    share_out,
)
from rnn_tui.formats.weights.slots import slots

Named = tuple[list[str], StoredGroup]
"""A group, and the parts of its path that aren't accounted for yet."""


def by_name(graph: GraphSpec, file: FileDescription, era: Era) -> Attachment:
    """Return the arrays of every layer of the model."""
    found: Attachment = {}
    named = [(group.name.split("/"), group) for group in file.groups]
    _model(graph, named, era, found)

    return found


def _model(
    graph: GraphSpec,
    named: Sequence[Named],
    era: Era,
    found: Attachment,
) -> None:
    owned: dict[str, list[Named]] = {spec.name: [] for spec in graph.layers}
    for parts, group in named:
        place = next(
            (at for at, part in enumerate(parts) if part in owned),
            None,
        )
        if place is not None:
            rest = parts[place + 1 :]
            owned[parts[place]].append((rest, group))

    for spec in graph.layers:
        if spec.graph is not None:
            _model(spec.graph, owned[spec.name], era, found)
        else:
            _layer(spec, owned[spec.name], era, found)


def _layer(
    spec: LayerSpec,
    named: Sequence[Named],
    era: Era,
    found: Attachment,
) -> None:
    arrays: list[StoredArray] = []
    for _, group in named:
        arrays += group.arrays

    if arrays:
        share_out(spec, arrays, era, found)
        return

    for leaf in leaves(spec):
        if slots(leaf, era) != []:
            problem = "none of the file's variables is named after it"
            found[id(leaf)] = Attached([], problem)
