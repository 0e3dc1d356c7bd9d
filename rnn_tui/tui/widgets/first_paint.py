"""The first picture waits while its content is about to come.

Styles and layout go on meanwhile; only the rendering waits. Each full picture
costs as much processor time as reading a small file takes, and the file's
thread shares the processor with it: three pictures of an empty frame would come
at the price of a later layer table. Work that loads NumPy waits for the
picture, too (`after_picture`).
"""

from __future__ import annotations

from collections.abc import Callable

from textual.widget import Widget

from rnn_tui.tui.terminal.direct_paint import lines_alike
from rnn_tui.tui.terminal.pausable_screen import PausableScreen


class Gate:
    """Shut from `hold` to `release`, or until the time is up: a screen that has
    one draws nothing while it is shut.
    """

    def __init__(self, screen: PausableScreen) -> None:
        self._screen = screen
        self._shut = False
        self._awaiting: list[Callable[[], object]] = []

    @property
    def shut(self) -> bool:
        """Whether the picture is waited with."""
        return self._shut

    def hold(self, seconds: float) -> None:
        """Wait with the picture for `release`, and no longer than `seconds`."""
        self._shut = True
        self._screen.set_timer(seconds, self.release)

    def release(self) -> None:
        """Draw at once: Textual's next tick is up to 16 ms away."""
        if not self._shut:
            return

        self._shut = False
        self._screen.refresh()
        self._screen.draw_now()
        for callback in self._awaiting:
            self._screen.call_after_refresh(callback)

        self._awaiting.clear()

    def await_picture(self, callback: Callable[[], object]) -> None:
        """Call back once the picture that is held is on the terminal."""
        self._awaiting.append(callback)


class Gated(PausableScreen):
    """A screen with a gate; its widgets cover its own lines."""

    render_lines = lines_alike

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate(self)

    @property
    def paused(self) -> bool:
        """Whether nothing is drawn."""
        return self.gate.shut


def after_picture(widget: Widget, callback: Callable[[], object]) -> None:
    """Call back once the present content of `widget` is on the terminal: work
    that loads NumPy waits so long.
    """
    screen = widget.screen
    if isinstance(screen, Gated) and screen.gate.shut:
        screen.gate.await_picture(callback)
    else:
        widget.call_after_refresh(callback)
