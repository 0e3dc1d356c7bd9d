"""The explorer: one model, one place in it, five views on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.reactive import reactive
from textual.screen import Screen

from rnn_tui.tui.keys import bindings
from rnn_tui.tui.options import SPEEDS, ExplorerOptions
from rnn_tui.tui.place import Place
from rnn_tui.tui.view import View
from rnn_tui.tui.views import build
from rnn_tui.tui.widgets.lines import FooterLine, StateLine, TitleLine

if TYPE_CHECKING:
    from rnn_tui.engine.trace import ModelTrace
    from rnn_tui.formats.opened import OpenedModel


class ExplorerScreen(Screen[None]):
    """Owns the opened model, its trace and the place, and hands them down to the views."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings())
    DEFAULT_CSS = """
    ExplorerScreen > #view { height: 1fr; }
    """

    opened: reactive[OpenedModel | None] = reactive(None)
    trace: reactive[ModelTrace | None] = reactive(None)
    place: reactive[Place] = reactive(Place)
    playing: reactive[bool] = reactive(False)
    speed: reactive[float] = reactive(8.0)
    view: reactive[str] = reactive("layers")

    def __init__(self, path: str, options: ExplorerOptions) -> None:
        super().__init__()
        self.path = path
        self.options = options
        self._views: dict[str, View] = {}

    def compose(self) -> ComposeResult:
        """The frame; views come when first shown."""
        yield TitleLine()
        yield Container(id="view")
        yield StateLine()
        yield FooterLine()

    def on_mount(self) -> None:
        """Show the first view."""
        self._show(self.view)

    def validate_place(self, place: Place) -> Place:
        """Keep the place inside the trace."""
        cells = self.trace.cells if self.trace is not None else ()
        if not cells:
            return place
        index = min(max(place.cell, 0), len(cells) - 1)
        cell = cells[index]
        return replace(
            place,
            layer=place.layer or cell.layer,
            cell=index,
            unit=min(max(place.unit, 0), cell.units - 1),
            t=min(max(place.t, 0), cell.timesteps - 1),
            sequence=min(max(place.sequence, 0), cell.batch - 1),
        )

    def watch_view(self, view: str) -> None:
        """Show the chosen view."""
        if self.is_mounted:
            self._show(view)

    def on_view_moved(self, event: View.Moved) -> None:
        """Go where the user wants."""
        self.place = event.place

    def on_title_line_chosen(self, event: TitleLine.Chosen) -> None:
        """Show the view whose tab was clicked."""
        self.view = event.view

    def action_show(self, view: str) -> None:
        """Show a view."""
        self.view = view

    def action_step(self, timesteps: int) -> None:
        """Move in time."""
        self.place = replace(self.place, t=self.place.t + timesteps)

    def action_play(self) -> None:
        """Let time run, or hold it."""
        self.playing = not self.playing and self.trace is not None

    def action_faster(self) -> None:
        """Play faster."""
        self.speed = min((speed for speed in SPEEDS if speed > self.speed), default=self.speed)

    def action_slower(self) -> None:
        """Play slower."""
        self.speed = max((speed for speed in SPEEDS if speed < self.speed), default=self.speed)

    def action_cell(self, by: int) -> None:
        """Go to another recurrent cell."""
        cells = self.trace.cells if self.trace is not None else ()
        if cells:
            index = (self.place.cell + by) % len(cells)
            self.place = replace(self.place, cell=index, layer=cells[index].layer)

    def _show(self, name: str) -> None:
        shown = self._views.get(name)
        if shown is None:
            shown = self._views[name] = build(name)
            shown.data_bind(ExplorerScreen.opened, ExplorerScreen.trace, ExplorerScreen.place, ExplorerScreen.playing)
            self.query_one("#view").mount(shown)
        for view in self._views.values():
            view.display = view is shown
        self.query_one(TitleLine).current = name
        self.query_one(FooterLine).keys = (*shown.FOOTER, ("1–5", "views"), ("s", "sequence"), ("?", "help"))
        shown.shown_again()
        self.call_after_refresh(lambda: shown.first_focus().focus())
