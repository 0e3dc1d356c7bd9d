"""The base classes of the views: the session comes down, a wish to move goes
up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from rnn_tui.tui.session.session import Session, at_end, moved, stepped
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.terminal.direct_paint import lines_alike
from rnn_tui.tui.views.requests import Moved
from rnn_tui.tui.widgets.draw_once import DrawOnce

if TYPE_CHECKING:
    from rnn_tui.analysis.table import Table
    from rnn_tui.tui.widgets.entry import Choice

LAST = 1 << 40
"""A number beyond every unit: the nearest there is is the last."""


class View(Container, can_focus=True):
    """One view.

    The screen hands `session` and `playing` down, by `follow` and
    `set_playing`. A view draws in `draw`, from the session alone; `drawing.ask`
    has it drawn, once for all that changes together. One that isn't shown has
    `display` False and isn't drawn; it is drawn when it comes back.
    `first_focus` gets the keyboard then; the view's bindings are on the view
    itself. Attributes such as `ascii` are on the app: `self.app.ascii`.
    """

    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Up to five keys that matter in this view, as (keys shown, their effect):
    `("↑↓", "unit")`.
    """

    GOES_TO: ClassVar[str] = "timestep"
    """The place that `g` asks for here: a timestep or a unit."""

    render_lines = lines_alike

    def __init__(self) -> None:
        super().__init__()
        # plain attributes, no reactives that are bound to the screen's: those
        # run some hundred functions at every timestep
        self.session = Session()
        self.playing = False
        self.drawing = DrawOnce(self, self._draw_if_seen)

    @property
    def footer(self) -> tuple[tuple[str, str], ...]:
        """The keys that matter now, as FOOTER writes them."""
        return self.FOOTER

    @property
    def settled(self) -> bool:
        """Whether a key finds the work of the one before it done."""
        return True

    def follow(self, session: Session) -> None:
        """Take another session from the screen."""
        before = self.session
        self.session = session
        if self.is_mounted:
            self.watch_session(before, session)
        else:
            self.call_later(self.watch_session, before, session)

    def set_playing(self, playing: bool) -> None:
        """Learn whether time runs: numbers are written shorter then."""
        self.playing = playing
        self.drawing.ask()

    def watch_session(self, before: Session, session: Session) -> None:
        """Follow the session."""
        self.drawing.ask()

    def _draw_if_seen(self) -> None:
        # the outer size is known without asking the layout for it
        if self.is_mounted and self.display and self.outer_size.width:
            self.draw()

    def draw(self) -> None:
        """Draw the session."""
        self.refresh()

    def move(self, **to: int | str) -> None:
        """Ask for another place, by fields of `Place`."""
        self.post_message(Moved(lambda session: moved(session, **to)))

    def step(self, t: int = 0, unit: int = 0) -> None:
        """Ask for another timestep or unit, counted from where the user
        looks.
        """
        self.post_message(Moved(partial(stepped, t=t, unit=unit)))

    def first_focus(self) -> Widget:
        """Return the widget that gets the keyboard when the view is shown."""
        return self

    def copied(self) -> tuple[str, str] | None:
        """Return the text that `y` copies here, as (its name, the text)."""
        return None

    def findable(self) -> Sequence[Choice[Callable[[], object]]]:
        """Return the places that `/` finds here beside the layers, each with
        the function that goes there.
        """
        return ()

    def shown_table(self) -> Table | None:
        """Return the table that `e` exports here beside the trace."""
        return None


class MovingView(View):
    """A view of one unit and timestep, with the keys and the wheel that change
    them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("move.left", "time(-1)"),
        bound("move.right", "time(1)"),
        bound("move.up", "unit(-1)"),
        bound("move.down", "unit(1)"),
        bound("move.first", "first"),
        bound("move.line_start", "first"),
        bound("move.last", "last"),
        bound("move.line_end", "last"),
        bound("move.last_unit", "last_unit"),
    ]

    def action_time(self, by: int) -> None:
        """Move in the input's time."""
        self.step(t=by)

    def action_unit(self, by: int) -> None:
        """Select another unit."""
        self.step(unit=by)

    def action_first(self) -> None:
        """Go to the first timestep."""
        self.move(t=0)

    def action_last(self) -> None:
        """Go to the last timestep."""
        self.post_message(Moved(at_end))

    def action_last_unit(self) -> None:
        """Select the last unit."""
        self.move(unit=LAST)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go on in time; with Shift to the next unit."""
        self._wheel(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go back in time; with Shift to the unit above."""
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, by: int) -> None:
        if event.shift:
            self.action_unit(by)
        else:
            self.action_time(by)
