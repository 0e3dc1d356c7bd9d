"""The layers behind a recurrent one, as far as they follow from it: a line for each stretch without a fork."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnn_tui.tui.numbers import shape_text

if TYPE_CHECKING:
    from rnn_tui.engine.model import LayerInfo, Model

Part = tuple[str, str]
"""Text and its style."""

MOST_LINES = 8
"""Stretches that are written; a page of forks would push the output off the screen."""


def stretches(model: Model, path: str) -> list[list[LayerInfo]]:
    """Return the layers that follow from the one at `path`, itself first, cut where the graph forks or joins."""
    layers = {layer.path: layer for layer in model.layers if layer.depth == 0}
    outer = path.partition("/")[0]
    read = {name: _sources(layer) for name, layer in layers.items()}
    reached = {outer}
    for name in layers:  # the table is in the order the model runs
        if read[name] & reached:
            reached.add(name)
    followers = {name: [after for after in layers if after in reached and name in read[after]] for name in reached}
    found: list[list[LayerInfo]] = []
    written: set[str] = set()
    for name in layers:
        if name not in reached or name in written:
            continue
        stretch = [name]
        while len(followers[stretch[-1]]) == 1:
            (after,) = followers[stretch[-1]]
            if after in written or after in stretch or len(read[after] & reached) > 1:
                break
            stretch.append(after)
        written.update(stretch)
        found.append([layers[one] for one in stretch])
    return found


def _sources(layer: LayerInfo) -> set[str]:
    return {name.partition("@")[0] for name in layer.inputs}


def behind(model: Model, path: str) -> Iterator[Part]:
    """Yield the stretches with their shapes; one that starts at a fork or a join names what it reads."""
    found = stretches(model, path)
    reached = {layer.path for stretch in found for layer in stretch}
    for k, stretch in enumerate(found[:MOST_LINES]):
        if k:
            sources = [
                name for name in dict.fromkeys(n.partition("@")[0] for n in stretch[0].inputs) if name in reached
            ]
            yield (f"{', '.join(sources)}  →  ", "$muted")
        for j, layer in enumerate(stretch):
            if j:
                yield ("  →  ", "$muted")
            yield (layer.path, "$warning" if not layer.reproducible else "$accent" if layer.recurrent else "")
            yield (f" {shape_text(layer.output_shape)}", "$muted")
        yield ("\n", "")
    rest = sum(len(stretch) for stretch in found[MOST_LINES:])
    if rest:
        yield (f"and {rest} more layer{'s' if rest > 1 else ''} behind these\n", "$muted")
    elif len(reached) == 1:
        yield ("nothing behind it: what it returns is the model's output\n", "$muted")
