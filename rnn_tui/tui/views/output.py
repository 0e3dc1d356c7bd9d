"""The Output view."""

from __future__ import annotations

from rnn_tui.tui.view import View


class OutputView(View):
    """The Output view."""
