"""The app: themes, filters, signals and the screens; `run_explorer` runs it and returns the exit status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter

from rnn_tui.tui.filters import ColourFilter, ControlFilter
from rnn_tui.tui.options import ExplorerOptions
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.themes import FALLBACK, OURS

if TYPE_CHECKING:
    from rnn_tui.formats.process import PendingRead


class RnnTuiApp(App[None]):
    """The terminal explorer."""

    TITLE = "rnn-tui"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "quit", "Quit", show=False)]

    def __init__(
        self, path: str | None = None, pending: PendingRead | None = None, options: ExplorerOptions | None = None
    ) -> None:
        self._options = options or ExplorerOptions()
        self._last_filters: list[LineFilter] = [ControlFilter()]
        if self._options.no_color:
            self._last_filters.append(ColourFilter())
        super().__init__()
        self.path = path
        self.pending = pending
        self.ascii = self._options.ascii
        self.no_color = self._options.no_color
        for theme in OURS:
            self.register_theme(theme)
        self.theme = self._options.theme or "dark"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our greys for themes that don't have them."""
        return FALLBACK

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, then ours."""
        return [*super().get_line_filters(), *self._last_filters]

    def on_mount(self) -> None:
        """Show the explorer."""
        self.push_screen(ExplorerScreen(self.path or "", self._options))


def run_explorer(path: str | None, pending: PendingRead | None, options: ExplorerOptions) -> int:
    """Run the explorer and return the exit status."""
    app = RnnTuiApp(path, pending, options)
    app.run(mouse=options.mouse)
    return app.return_code or 0
