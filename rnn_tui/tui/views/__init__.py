"""The five views of one model, each imported when it is first shown."""

from __future__ import annotations

from importlib import import_module

from rnn_tui.tui.views.base import View


def build(name: str) -> View:
    """Return a new view by its name: `layers`, `weights`, `states`, `step` or
    `output`.
    """
    module = import_module(f"rnn_tui.tui.views.{name}")
    view: View = getattr(module, f"{name.title()}View")()

    return view
