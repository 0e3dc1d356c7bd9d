"""The layers of a model whose class is its author's own, in a SavedModel: Keras
wrote each layer's class and configuration, but not how they are called.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from rnn_tui.formats.reader.keras_metadata import plain

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


def with_layers(
    model: SavedModel,
    config: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, int]]:
    """Return a configuration that lists the layers too, in the order of the
    attributes they are, and the objects that they are by their paths.
    """
    found = _tracked(model)
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
    whole = {**config, "config": {"name": name, **inside, TRACKED: layers}}

    return whole, found


def _tracked(model: SavedModel) -> dict[str, int]:
    """Return the layers nearest the root by the paths of their attributes:
    those in lists, and those of models within that are somebody's own too.
    """
    found: dict[str, int] = {}
    seen = {0}
    left = deque([("", 0)])
    while left:
        path, place = left.popleft()
        for name, child in model.nodes[place].children.items():
            if child in seen or name in _NOT_LAYERS or name.startswith("_"):
                continue

            seen.add(child)
            if path:
                below = f"{path}/{name}"
            else:
                below = name

            if model.metadata.is_layer(child) and not _opens(model, child):
                found[below] = child
            elif not model.nodes[child].is_variable:
                left.append((below, child))

    return found


def _opens(model: SavedModel, place: int) -> bool:
    """Whether a model within has no structure of its own, so that its layers
    are listed instead.
    """
    if not model.metadata.is_model(place):
        return False

    inside = model.metadata.of(place).get("config")

    return not (isinstance(inside, dict) and "layers" in inside)
