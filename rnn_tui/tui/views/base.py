"""What the five views have in common: the model, the trace and the place come down, a
wish to move goes up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.containers import Container
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from rnn_tui.analysis.table import Table
from rnn_tui.tui.session.cursor import Place

# NumPy is loaded by the worker that opens the file, after the first paint
if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.formats.opened import OpenedModel


NOT_YET = "Nothing has run yet. Press s to type a sequence; Enter runs it."
NO_STATE = "This model has no recurrent layer; 5 shows what it returns."
STOPPED = "The run stopped at {}, before any recurrent layer: {}."


class View(Container, can_focus=True):
    """One of the five views.

    The screen binds `opened`, `trace`, `place` and `playing` down (`data_bind`).

    A view is built when first shown. One that isn't shown has `display` False: its
    watchers may return at once, and `shown_again` is called when it comes back.
    `first_focus` gets the keyboard then; the view's bindings stand on the view itself.
    Attributes such as `ascii` are on the app: `self.app.ascii`.
    """

    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Up to five keys that matter in this view, as (keys shown, what they do):
    `("↑↓", "unit")`.
    """
    HELP: ClassVar[str] = ""
    """What the view shows and how to read it, in a few plain sentences for the help
    screen.
    """
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """The view's own keys for the help screen, as (keys shown, one clause)."""

    # no repaint: a view that moves in time redraws its own parts, not all of itself at
    # every timestep
    opened: reactive[OpenedModel | None] = reactive(None, repaint=False)
    trace: reactive[ModelTrace | None] = reactive(None, repaint=False)
    place: reactive[Place] = reactive(Place, repaint=False)
    playing: reactive[bool] = reactive(False, repaint=False)

    class Moved(Message):
        """The user wants to look at another place; the screen clamps it and hands it
        down to every view.
        """

        def __init__(self, place: Place) -> None:
            super().__init__()
            self.place = place

    class KeysChanged(Message):
        """Other keys matter now."""

    @property
    def footer(self) -> tuple[tuple[str, str], ...]:
        """The keys that matter now, as FOOTER writes them."""
        return self.FOOTER

    @property
    def cell(self) -> CellTrace | None:
        """The trace of the cell in question, None before a run or when the run didn't
        reach it.
        """
        if self.trace is not None:
            cells = self.trace.cells
        else:
            cells = ()

        if self.place.cell < len(cells):
            return cells[self.place.cell]

        return None

    @property
    def nothing(self) -> str:
        """Why there is no cell to show, in words; empty while the file is read."""
        if self.opened is None:
            return ""
        if self.trace is None:
            return NOT_YET
        if self.trace.stopped is not None and self.opened.model.cells:
            return STOPPED.format(*self.trace.stopped)

        return NO_STATE

    def go(self, t: int, unit: int) -> None:
        """Ask for another timestep and unit, the nearest the cell has."""
        cell = self.cell
        here = self.place
        if cell is None:
            return

        t = min(max(t, 0), cell.timesteps - 1)
        unit = min(max(unit, 0), cell.units - 1)
        if (t, unit) != (here.t, here.unit):
            self.post_message(self.Moved(replace(here, t=t, unit=unit)))

    def wheel(self, timesteps: int, units: int) -> None:
        """Move by the mouse wheel, where the view has a place to move."""

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go on in time; with Shift to the next unit."""
        self.wheel(*((0, 1) if event.shift else (1, 0)))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go back in time; with Shift to the unit above."""
        self.wheel(*((0, -1) if event.shift else (-1, 0)))

    def first_focus(self) -> Widget:
        """Return the widget that gets the keyboard when the view is shown."""
        return self

    def shown_again(self) -> None:
        """Draw what changed while another view was shown."""

    def copied(self) -> tuple[str, str] | None:
        """Return what `y` copies here, as (what it is, the text)."""
        return None

    def shown_table(self) -> Table | None:
        """Return what `e` exports here beside the trace."""
        return None
