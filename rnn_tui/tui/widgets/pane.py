"""Containers that have no content of their own: one of their lines is rendered
for all.
"""

from __future__ import annotations

from textual.containers import Container

from rnn_tui.tui.terminal.direct_paint import lines_alike


class Pane(Container):
    """A part of a view, its children below each other; it has no border."""

    render_lines = lines_alike


class Columns(Pane):
    """A part of a view, its children beside each other."""

    DEFAULT_CSS = "Columns { layout: horizontal; }"
