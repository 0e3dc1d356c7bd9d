"""The selected layer's weights at a glance, in whatever room there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment

from rnn_tui.tui.renderables.palette import ink
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.widgets.drawn import Drawn

if TYPE_CHECKING:
    from rnn_tui.tui.weights_page.statistics_job import Measured

FEWEST = 6
"""Lines it has at least."""


class Glance(Drawn):
    """Draws the measurements of a layer, or a line that says why nothing was
    measured.
    """

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._rows: Sequence[Measured] = ()
        self._path = ""
        self._remark = ""

    def show(
        self,
        rows: Sequence[Measured],
        path: str,
        remark: str = "",
    ) -> None:
        """Show the measured blocks of the layer at `path`."""
        self._rows = rows
        self._path = path
        self._remark = remark
        self._draw_rows()

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(
            self,
            lambda _: self._draw_rows(),
        )

    def on_resize(self) -> None:
        """Use the room there is now."""
        self._draw_rows()

    def _draw_rows(self) -> None:
        size = (self.size.width, self.size.height)
        if not all(size):
            return

        look = look_of(self.app)
        if self._remark or not self._rows:
            self.draw([[Segment(self._remark, ink(look.muted))]])
            return

        # it needs NumPy, which is loaded once something is measured
        from rnn_tui.tui.weights_page.glance_page import glance

        self.draw(glance(self._rows, self._path, size, look))
