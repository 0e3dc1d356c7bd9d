"""A model of its author's own class whose layers' classes and configurations
are in the file, but not the calls between them: a SavedModel's.

The layers are those the file says, in the order of the attributes they are;
that each reads the one before it, where its width fits, is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnn_tui.errors import ConfigError
from rnn_tui.formats.architecture.parse import parse_layer
from rnn_tui.formats.data.description import FileDescription, StoredGroup
from rnn_tui.formats.data.spec import (
    Config,
    Era,
    GraphSpec,
    LayerSpec,
    class_of,
    named,
    own_name,
)
from rnn_tui.formats.weights.attach import Attachment, share_out
from rnn_tui.formats.weights.classify import Piece
from rnn_tui.formats.weights_only.infer import linked
from rnn_tui.formats.weights_only.places import places
from rnn_tui.formats.weights_only.recognise import told
from rnn_tui.formats.weights_only.widths import in_chains
from rnn_tui.text import clean

TRACKED = "tracked_layers"
VARIABLES = "Variables"
OWN_VARIABLES = (
    "these are variables of the model itself, and what its code does with them "
    "is not in the file"
)
MOST_NAMED = 12


def tracked_layers(raw: Config) -> Sequence[Config]:
    """Return the layers that a configuration lists without their calls, none
    where it lists none.
    """
    inside = raw.get("config")
    if not isinstance(inside, Mapping):
        return ()

    listed = inside.get(TRACKED)
    if not isinstance(listed, list):
        return ()

    return [layer for layer in listed if isinstance(layer, Mapping)]


def as_listed(
    file: FileDescription,
    raw: Config,
    era: Era,
) -> tuple[GraphSpec, Attachment, list[str]]:
    """Return a model of the layers that a configuration lists, their arrays,
    and the assumptions.
    """
    groups = {group.name: group for group in file.groups}
    attached: Attachment = {}
    specs: dict[int, LayerSpec] = {}
    pieces = []
    for listed in tracked_layers(raw):
        spec = parse_layer(listed, era)
        if spec.class_name == VARIABLES:
            spec.why_not = OWN_VARIABLES

        group = groups.get(spec.name, StoredGroup(spec.name))
        if group.arrays:
            share_out(spec, list(group.arrays), era, attached)

        piece = _piece(spec, group, file, era)
        specs[id(piece)] = spec
        pieces.append(piece)

    if not pieces:
        raise ConfigError(
            "the model is of its author's own class "
            f"{clean(own_name(class_of(raw)), 80)} and lists no layers of "
            "Keras's"
        )

    chains = in_chains(
        pieces,
        lambda piece: _returns_sequences(specs[id(piece)]),
    )
    graph = linked(chains, specs)
    inside: Any = raw.get("config")
    graph.class_name = own_name(class_of(raw))
    graph.name = named(inside.get("name"), graph.class_name.lower())

    return graph, attached, [_about(graph, chains)]


def _piece(
    spec: LayerSpec,
    group: StoredGroup,
    file: FileDescription,
    era: Era,
) -> Piece:
    """Return how wide a layer reads and returns, as far as its arrays tell."""
    alone = file._replace(groups=(group,), layout="layer_names")
    found: list[Piece] = []
    for place in places(alone):
        found += told(place, era)

    is_same_class = [piece.class_name for piece in found] == [spec.class_name]
    if is_same_class:
        piece = found[0]
    else:
        piece = Piece(spec.class_name, spec.config, list(group.arrays))

    piece.name = spec.name

    return piece


def _returns_sequences(spec: LayerSpec) -> bool:
    if spec.wraps:
        inner = spec.wraps[0]
    else:
        inner = spec

    return bool(inner.config.get("return_sequences"))


def _about(graph: GraphSpec, chains: Sequence[Sequence[Piece]]) -> str:
    shown = "; ".join(
        " → ".join(clean(piece.name, 40) for piece in chain[:MOST_NAMED])
        for chain in chains[:MOST_NAMED]
    )

    return (
        "the model is of its author's own class "
        f"{clean(graph.class_name, 80)}: its layers and their settings are in "
        "the file, the calls between them are not; the order of its "
        f"attributes is assumed, {shown}"
    )
