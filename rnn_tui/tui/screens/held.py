"""A screen that waits with its first picture while what it is to show is about to come.

Styles and layout go on meanwhile; only the rendering waits. Each full picture costs as much processor time as reading
a small file takes, and the file's thread shares the processor with it: three pictures of an empty frame would come
at the price of a later layer table.
"""

from __future__ import annotations

from textual.screen import Screen


class HeldScreen(Screen[None]):
    """Draws nothing from `hold` to `release`, or until the time is up."""

    _held = False

    def hold(self, seconds: float) -> None:
        """Wait with the picture for `release`, and no longer than `seconds`."""
        self._held = True
        self.set_timer(seconds, self.release)

    def release(self) -> None:
        """Draw."""
        if self._held:
            self._held = False
            self.refresh()

    def _compositor_refresh(self) -> None:
        """Draw what has changed. Textual's own, without a public name; under another one nothing would be held."""
        if not self._held:
            super()._compositor_refresh()
