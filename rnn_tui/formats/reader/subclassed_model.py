"""The layers of a model whose class is its author's own, in a SavedModel: Keras
wrote each layer's class and configuration, but not how they are called.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.formats.reader.keras_metadata import plain
from rnn_tui.formats.reader.object_graphs import below

if TYPE_CHECKING:
    from rnn_tui.formats.reader.saved_model import SavedModel

_NOT_LAYERS = frozenset(
    (
        "variables",
        "trainable_variables",
        "non_trainable_variables",
        "regularization_losses",
        "keras_api",
        "signatures",
        "optimizer",
        "loss",
        "metrics",
    )
)
TRACKED = "tracked_layers"
"""The key of a configuration under which the layers are, by the paths of their
attributes.
"""
VARIABLES = "Variables"
"""The class under which the variables are that belong to no layer."""


class Listed(NamedTuple):
    """A configuration that lists the layers too, the objects that these are,
    and the variables that belong to no layer, each by their paths.
    """

    config: dict[str, Any]
    layers: dict[str, int]
    variables: dict[str, list[int]]


def with_layers(model: SavedModel, config: dict[str, Any]) -> Listed:
    """Return a model's configuration with its layers, in the order of the
    attributes they are; variables of the model's own are a layer of the class
    VARIABLES.
    """
    found, loose, owners = _tracked(model)
    layers = []
    for path, place in found.items():
        said = model.metadata.of(place)
        layers.append(
            {
                "class_name": said.get("class_name"),
                "config": plain(said.get("config")),
                "name": path,
            }
        )

    inside = config.get("config")
    if not isinstance(inside, dict):
        inside = {}

    name = model.metadata.of(0).get("name")
    variables: dict[str, list[int]] = {}
    for owner, places in loose.items():
        path = owners[owner] or str(name or "model")
        if path in found:
            path = f"{path}/variables"

        variables[path] = places
        layers += [{"class_name": VARIABLES, "config": {}, "name": path}]

    whole = {**config, "config": {"name": name, **inside, TRACKED: layers}}

    return Listed(whole, found, variables)


def _tracked(
    model: SavedModel,
) -> tuple[dict[str, int], dict[int, list[int]], dict[int, str]]:
    """Return the layers nearest the root by the paths of their attributes:
    those in lists, and those of models within that are somebody's own too; the
    variables on the way, by the objects that own them; and the paths of all
    objects on the way.
    """
    found: dict[str, int] = {}
    loose: dict[int, list[int]] = {}
    owners: dict[int, str] = {}
    seen = {0}
    left = deque([("", 0)])
    while left:
        path, place = left.popleft()
        owners[place] = path
        for name, child in model.nodes[place].children.items():
            if child in seen or name in _NOT_LAYERS or name.startswith("_"):
                continue

            seen.add(child)
            inner = below(path, name)
            if model.metadata.is_layer(child) and not _opens(model, child):
                found[inner] = child
            elif model.nodes[child].is_variable:
                loose.setdefault(place, []).append(child)
            else:
                left.append((inner, child))

    return found, loose, owners


def _opens(model: SavedModel, place: int) -> bool:
    """Whether a model within has no structure of its own, so that its layers
    are listed instead.
    """
    if not model.metadata.is_model(place):
        return False

    inside = model.metadata.of(place).get("config")

    return not (isinstance(inside, dict) and "layers" in inside)
