"""A screen that draws nothing while it says so."""

from __future__ import annotations

from textual.screen import Screen


class PausableScreen(Screen[None]):
    """Draws what has changed, unless it is `paused`; styles and layout go
    on.
    """

    @property
    def paused(self) -> bool:
        """Whether nothing is drawn."""
        return False

    def _compositor_refresh(self) -> None:
        if not self.paused:
            super()._compositor_refresh()
