"""The keys that select a pixel of the pictures of a ConvLSTM, in every view
that shows one.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from rnn_tui.tui.session.pixel import with_neighbour, with_next_pixel
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.views.base import MovingView
from rnn_tui.tui.views.requests import Moved


class PixelView(MovingView):
    """A view of one unit and timestep, and of one pixel where the unit is a
    filter of pictures.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("pixel.next", "pixel(1)"),
        bound("pixel.previous", "pixel(-1)"),
        bound("pixel.left", "pixel_beside(0, -1)"),
        bound("pixel.right", "pixel_beside(0, 1)"),
        bound("pixel.up", "pixel_beside(-1, 0)"),
        bound("pixel.down", "pixel_beside(1, 0)"),
    ]

    def action_pixel(self, by: int) -> None:
        """Select the pixel so many on; beyond the ends none is."""
        self.post_message(Moved(partial(with_next_pixel, by=by)))

    def action_pixel_beside(self, down: int, right: int) -> None:
        """Select the pixel below, above or beside the selected one."""
        self.post_message(
            Moved(partial(with_neighbour, down=down, right=right))
        )
