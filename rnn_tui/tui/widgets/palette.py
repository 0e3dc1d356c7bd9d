"""The command palette: every command by its name, with its key, and the themes
in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rnn_tui.tui.widgets.choice import ChoiceDialog
from rnn_tui.tui.widgets.entry import Choice

Command = Callable[[], object]


class Palette(ChoiceDialog[Command]):
    """Answers with the function that the chosen command calls.

    Textual's own palette gathers its entries in a task and fills its list by
    timers, for providers that are slow. Ours are at hand; and a line for each,
    at the foot of the screen, is a third of the bytes on a thin line.
    """

    TITLE_TEXT = "Commands"
    NOTHING = "no command has this in it"

    def __init__(self, commands: Iterable[Choice[Command]]) -> None:
        super().__init__(commands)


class ThemePalette(ChoiceDialog[str]):
    """Answers with a theme's name."""

    TITLE_TEXT = "Theme"
    NOTHING = "no theme has this in its name"

    def __init__(self, themes: Iterable[tuple[str, str]]) -> None:
        super().__init__(Choice(name, about, name) for name, about in themes)
