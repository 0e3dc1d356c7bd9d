"""The mouse in the States view: what it is over, where it was clicked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.session import Session, moved
from rnn_tui.tui.states_page.parts import Pointer
from rnn_tui.tui.views.requests import Moved
from rnn_tui.tui.views.states_body import StatesBody

if TYPE_CHECKING:
    from rnn_tui.tui.views.states import StatesView
    from rnn_tui.tui.widgets.heat import HeatMap
    from rnn_tui.tui.widgets.time_line import TimeLine


class StatesMouse:
    """Goes where the mouse was clicked, and keeps what it is over."""

    def __init__(self, view: StatesView) -> None:
        self._view = view
        self.pointer: Pointer | None = None

    def pick(self, event: HeatMap.Picked) -> None:
        """Go to the clicked unit and timestep."""
        event.stop()
        view = self._view
        view.focus()
        if view.stage is None:
            return

        t = view.stage.grid.label(event.t)
        # the rows of the third map are no units
        if event.heat.id == "third":
            view.move(t=t)
        else:
            view.move(unit=view.stage.unit_of(event.unit), t=t)

    def point(self, event: HeatMap.Pointed) -> None:
        """Have the value written that is under the mouse."""
        event.stop()
        which = event.heat.id or ""
        if event.at is not None:
            self.pointer = Pointer(which, *event.at)
        elif self.pointer is not None and self.pointer.which == which:
            self.pointer = None

        self._view.drawing.ask()

    def touch(self, event: TimeLine.Touched) -> None:
        """Go to the timestep under the mouse, or to the pixel."""
        event.stop()
        view = self._view
        view.focus()
        stage = view.stage
        if stage is None:
            return

        if event.line.id == "rail":
            body = view.query_one(StatesBody)
            pixel = body.pixel_at(stage, event.x, event.y)
            if pixel is not None:
                view.move(pixel=pixel)
        else:
            find = stage.touched(event.line.id or "", event.x)
            view.post_message(Moved(partial(_touched, find)))


def _touched(find: Callable[[Place], int], session: Session) -> Session:
    """Return the session at the timestep that was touched."""
    return moved(session, t=find(session.cursor))
