"""The Layers view."""

from __future__ import annotations

from rnn_tui.tui.view import View


class LayersView(View):
    """The Layers view."""
