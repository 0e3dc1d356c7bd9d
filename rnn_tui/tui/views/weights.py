"""The Weights view."""

from __future__ import annotations

from rnn_tui.tui.view import View


class WeightsView(View):
    """The Weights view."""
