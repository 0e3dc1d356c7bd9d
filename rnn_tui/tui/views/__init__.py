"""The views of one model, each imported when it is first shown."""

from __future__ import annotations

from importlib import import_module

from rnn_tui.tui.startup.view_table import entry
from rnn_tui.tui.views.base import View


def build(name: str) -> View:
    """Return a new view by its name in the table of views."""
    found = entry(name)
    module = import_module(found.module)
    view: View = getattr(module, f"{found.title}View")()

    return view
