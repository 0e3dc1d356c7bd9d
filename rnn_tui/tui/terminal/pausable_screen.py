"""A screen that draws nothing while it says so, and is laid out for no size but
the terminal's.

Textual lays out whatever size an event has, and each layout posts an event with
its own: two sizes under way would take turns for ever.
"""

from __future__ import annotations

from textual.events import Resize
from textual.screen import Screen


class PausableScreen(Screen[None]):
    """Draws the changes, unless it is `paused`; styles and layout go on."""

    @property
    def paused(self) -> bool:
        """Whether nothing is drawn."""
        return False

    def draw_now(self) -> None:
        """Lay out and draw the changes without waiting for the tick."""
        self._on_timer_update()

    def on_resize(self, event: Resize) -> None:
        """Leave out a size that isn't the terminal's any more."""
        if event.size != self.app.size:
            event.stop()
            event.prevent_default()

    def _compositor_refresh(self) -> None:
        if not self.paused:
            super()._compositor_refresh()
