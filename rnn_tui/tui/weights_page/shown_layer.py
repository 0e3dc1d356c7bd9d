"""Which layer's weights are in question: a recurrent cell's, gate by gate, or
the arrays of any other layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.tui.session.session import cell_at

if TYPE_CHECKING:
    from rnn_tui.engine.model import CellEntry, LayerInfo
    from rnn_tui.tui.session.session import Session


class ShownLayer(NamedTuple):
    """A layer with arrays; `entry` is its cell where they fall into gates."""

    key: str
    path: str
    class_name: str
    entry: CellEntry | None = None


def shown_layer(session: Session) -> ShownLayer | None:
    """Return the layer at the session's place; where that has no arrays, the
    cell in question, and of a model without cells its first layer with arrays.
    """
    opened = session.subject.opened
    if opened is None:
        return None

    path = session.cursor.layer
    entry = session.entry
    layers = opened.model.layers
    if path and cell_at(session, path) is None:
        chosen = _with_arrays(path, layers)
        if chosen is not None:
            return ShownLayer(path, path, chosen.class_name)

    if entry is not None:
        return ShownLayer(entry.key, entry.layer, entry.class_name, entry)

    first = next((layer for layer in layers if layer.weights), None)
    if first is None:
        return None

    return ShownLayer(first.path, first.path, first.class_name)


def has_arrays(path: str, layers: tuple[LayerInfo, ...]) -> bool:
    """Whether the layer at a path, or a layer it wraps, has arrays."""
    return any(
        layer.weights
        for layer in layers
        if f"{layer.path}/".startswith(f"{path}/")
    )


def _with_arrays(
    path: str,
    layers: tuple[LayerInfo, ...],
) -> LayerInfo | None:
    """Return the layer at a path where it, or a layer it wraps, has arrays."""
    if not has_arrays(path, layers):
        return None

    return next((layer for layer in layers if layer.path == path), None)
