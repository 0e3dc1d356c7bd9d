"""Containers that have no content of their own, and what their lines cost.

Textual renders every line of every container, those too that its children
cover: of the layer table's screen these are two thirds of all lines.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.containers import Container
from textual.geometry import Region
from textual.strip import Strip


class Pane(Container):
    """A part of a view, its children below each other; it has no border."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Render one line, and take it for all."""
        return repeated(super().render_lines, crop)


class Columns(Pane):
    """A part of a view, its children beside each other."""

    DEFAULT_CSS = "Columns { layout: horizontal; }"


def repeated(
    render: Callable[[Region], list[Strip]],
    crop: Region,
) -> list[Strip]:
    """Return the lines of a widget all of whose lines are the same, of which
    `render` makes the first.
    """
    first = crop.crop_size((crop.width, 1))

    return render(first) * crop.height
