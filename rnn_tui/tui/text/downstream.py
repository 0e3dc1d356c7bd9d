"""The layers behind a recurrent one, as far as they follow from it: a line for
each stretch without a fork.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from rnn_tui.engine.trace.paths import without_calls
from rnn_tui.text import counted
from rnn_tui.tui.renderables.shapes import shape_text

if TYPE_CHECKING:
    from rnn_tui.engine.model import LayerInfo, Model

Part = tuple[str, str]
"""Text and its style."""

ARROW, INDENT = "  →  ", "    "
MOST_LINKS = 8
"""Layers of a stretch that are written; of more the first and the last."""

MOST_LINES = 8
"""Stretches that are written; a page of forks would push the output off the
screen.
"""


def _link(layer: LayerInfo) -> tuple[Part, ...]:
    """A layer with the shape of its output."""
    if not layer.reproducible:
        tone = "$warning"
    elif layer.recurrent:
        tone = "$accent"
    else:
        tone = ""

    return (layer.path, tone), (f" {shape_text(layer.output_shape)}", "$muted")


def _chain(links: Sequence[tuple[Part, ...]], width: int) -> Iterator[Part]:
    """Yield links with arrows between them; a line breaks behind an arrow,
    never in a shape.
    """
    used = 0
    for k, link in enumerate(links):
        size = sum(cell_len(text) for text, _ in link)
        if k:
            arrow = len(ARROW)
        else:
            arrow = 0

        if (
            k
            and used
            + arrow
            + size
            + (len(ARROW.rstrip()) if k < len(links) - 1 else 0)
            > width
        ):
            yield (ARROW.rstrip() + "\n" + INDENT, "$muted")
            used = len(INDENT)
        elif k:
            yield (ARROW, "$muted")
            used += arrow

        yield from link
        used += size

    yield ("\n", "")


def stretches(model: Model, path: str) -> list[list[LayerInfo]]:
    """Return the layers that follow from the one at `path`, itself first, cut
    where the graph forks or joins.
    """
    layers = {layer.path: layer for layer in model.layers if layer.depth == 0}
    outer = path.partition("/")[0]
    read = {name: _sources(layer) for name, layer in layers.items()}
    reached = {outer}
    for name in layers:  # the table is in the order the model runs
        if read[name] & reached:
            reached.add(name)

    followers = {
        name: [
            after
            for after in layers
            if after in reached and name in read[after]
        ]
        for name in reached
    }
    found: list[list[LayerInfo]] = []
    written: set[str] = set()
    for name in layers:
        if name not in reached or name in written:
            continue

        stretch = [name]
        while len(followers[stretch[-1]]) == 1:
            (after,) = followers[stretch[-1]]
            if (
                after in written
                or after in stretch
                or len(read[after] & reached) > 1
            ):
                break

            stretch.append(after)

        written.update(stretch)
        found.append([layers[one] for one in stretch])

    return found


def _sources(layer: LayerInfo) -> set[str]:
    return {without_calls(name) for name in layer.inputs}


def behind(model: Model, path: str, width: int) -> Iterator[Part]:
    """Yield the stretches with their shapes; one that starts at a fork or a
    join names its inputs.
    """
    found = stretches(model, path)
    reached = {layer.path for stretch in found for layer in stretch}
    for k, stretch in enumerate(found[:MOST_LINES]):
        links = [_link(layer) for layer in stretch]
        if len(links) > MOST_LINKS:
            left_out = (f"{len(links) - MOST_LINKS + 1} more layers", "$muted")
            links[MOST_LINKS // 2 : -(MOST_LINKS // 2 - 1)] = [(left_out,)]

        if k:
            names = dict.fromkeys(map(without_calls, stretch[0].inputs))
            links.insert(
                0,
                (
                    (
                        ", ".join(name for name in names if name in reached),
                        "$muted",
                    ),
                ),
            )

        yield from _chain(links, width)

    rest = sum(len(stretch) for stretch in found[MOST_LINES:])
    if rest:
        yield (
            f"and {counted(rest, 'more layer')} behind these\n",
            "$muted",
        )
    elif len(reached) == 1:
        yield (
            "nothing behind it: what it returns is the model's output\n",
            "$muted",
        )
