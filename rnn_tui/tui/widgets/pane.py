"""Containers that have no content of their own, and what their lines cost.

Textual renders every line of every container, those too that its children
cover: of the layer table's screen these are two thirds of all lines.
"""

from __future__ import annotations

from textual.containers import Container
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


def lines_alike(widget: Widget, crop: Region) -> list[Strip]:
    """Render a widget all of whose lines are the same: one of them, for all.

    It is the `render_lines` of widgets without content or border.
    """
    first = crop.crop_size((crop.width, 1))

    return Widget.render_lines(widget, first) * crop.height


class Pane(Container):
    """A part of a view, its children below each other; it has no border."""

    render_lines = lines_alike


class Columns(Pane):
    """A part of a view, its children beside each other."""

    DEFAULT_CSS = "Columns { layout: horizontal; }"
