"""The views of the explorer's screen: each built when it is first shown, one of
them seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import AwaitMount, Widget

from rnn_tui.tui.views import build
from rnn_tui.tui.views.base import View

if TYPE_CHECKING:
    from rnn_tui.tui.screens.explorer import ExplorerScreen
    from rnn_tui.tui.session.session import Session


class ShownViews:
    """Shows one view, and gives it the keyboard once it can be seen."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self._screen = screen
        self._built: dict[str, View] = {}
        self._coming: View | None = None

    @property
    def current(self) -> View:
        """The view that is shown."""
        return self._built[self._screen.view]

    @property
    def ready(self) -> bool:
        """Whether the view that is shown has a place on the screen, the
        keyboard, and all that a key may ask it for.
        """
        return self._coming is None and self.current.settled

    def show(self, name: str) -> None:
        """Show a view instead of the one before."""
        shown = self._built.get(name)
        arrived: AwaitMount | None = None
        if shown is None:
            shown = self._built[name] = build(name)
            shown.session = self._screen.session
            shown.playing = self._screen.playing
            arrived = self._screen.query_one("#view").mount(shown)

        for view in self._built.values():
            view.display = view is shown

        self._coming = shown
        self._screen.call_after_refresh(self._arrived, shown, arrived)

    async def _arrived(self, view: View, arrived: AwaitMount | None) -> None:
        if arrived is not None:
            await arrived
            # its place and its size are known once it was laid out
            self._screen.call_after_refresh(self._arrived, view, None)
            return

        if view is not self._coming:
            return

        self._coming = None
        if view.display and view.is_mounted:
            view.drawing.now()
            self.give_keyboard()

    def draw_first(self) -> None:
        """Draw a model that was waited for as soon as the view has it: Textual
        would lay it out at its next tick, up to 16 ms later.
        """
        screen = self._screen
        if not screen.gate.shut:
            return

        if not self.current.is_mounted:
            screen.call_after_refresh(screen.gate.release)
            return

        # the room that each part has, before what is drawn in it
        screen.draw_now()
        screen.frame.catch_up()
        screen.gate.release()

    def follow(self, session: Session) -> None:
        """Hand the session to all views, those that aren't seen too."""
        for view in self._built.values():
            view.follow(session)

    def set_playing(self, playing: bool) -> None:
        """Tell all views whether time runs."""
        for view in self._built.values():
            view.set_playing(playing)

    def give_keyboard(self) -> None:
        """Let the view have the keyboard, unless a widget of it has it."""
        view = self.current
        focused = self._screen.focused
        if focused is not None and view in focused.ancestors:
            return

        if view.is_mounted and _is_seen(view):
            view.first_focus().focus()


def _is_seen(widget: Widget) -> bool:
    return all(
        node.display
        for node in widget.ancestors_with_self
        if isinstance(node, Widget)
    )
