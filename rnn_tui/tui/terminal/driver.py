"""The terminal driver of this system, made to write only the cells that change,
and to leave without delay.
"""

from __future__ import annotations

import os
from asyncio import TimerHandle
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from textual._xterm_parser import XTermParser
from textual.driver import Driver

from rnn_tui.tui.terminal.cell_diff import CellDiff, Run
from rnn_tui.tui.terminal.key_reader import Bell, read_keys
from rnn_tui.tui.terminal.shutdown import HUNG_UP
from rnn_tui.tui.terminal.tty_state import LAST_LINE
from rnn_tui.tui.terminal.tty_writer import Line, Vital

if TYPE_CHECKING:
    from textual.drivers.linux_driver import LinuxDriver as Base
else:
    Base = object

POINTER = "\x1b]22;"
"""Asks for another mouse pointer; old consoles print it."""
CALM = f"\x1b[m\x1b[?2026l{LAST_LINE}"
"""Ends whatever a frame that was cut short left on, and leads out of the
picture.
"""

TURN = 0.01
"""Seconds after which it is asked again whether a slow line takes more."""
CROWDED = 1
"""Writes that may wait for the terminal before a frame is skipped.

When Textual's queue is full, the event loop itself is blocked, so it must be
asked before.
"""


class Frugal(Base):
    """Overrides a driver's own writing, reading and leaving: only the cells
    that change are written.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._cell_diff = CellDiff()
        self._turns: TimerHandle | None = None
        super().__init__(*args, **options)
        self._line = Line(
            vars(self)["_file"],
            lambda: self._app.exit(return_code=HUNG_UP),
        )
        vars(self)["_file"] = self._line
        self._bell = Bell()

    def write(self, data: str) -> None:
        """Write the cells that `data` changes on the screen."""
        if data.startswith(POINTER):
            return

        if self._line.leaving:
            super().write(Vital(data))
            return

        self._write_changed(self._cell_diff.feed, data)

    def paint(self, runs: Sequence[Run]) -> None:
        """Write the cells that these runs change on the screen."""
        if not self._line.leaving:
            self._write_changed(self._cell_diff.paint, runs)

    def _write_changed(
        self,
        changed: Callable[[Any, int | None], str],
        frame: Any,
    ) -> None:
        size = terminal_size()
        if size != self._cell_diff.size:
            self._cell_diff.size = size
            self._cell_diff.forget()

        written = changed(frame, self._limit())
        if written:
            super().write(written)

        self._take_turns_later()

    def _limit(self) -> int | None:
        """Return how many bytes may be written now, None when there is no
        limit.
        """
        share = self._line.pace.share()
        if share is not None and self._busy():
            return 0

        return share

    def _take_turns_later(self) -> None:
        if self._cell_diff.waits and self._turns is None:
            self._turns = self._loop.call_later(TURN, self._take_turns)

    def _take_turns(self) -> None:
        """Write the next share of the output that waits for a slow line."""
        self._turns = None
        if self._cell_diff.waits and not self._line.leaving:
            self._write_changed(self._cell_diff.paint, ())

    def _get_terminal_size(self) -> tuple[int, int]:
        """Ask the terminal; COLUMNS and LINES in the environment may be of
        another one, or of another time.
        """
        return terminal_size() or super()._get_terminal_size()

    def start_application_mode(self) -> None:
        """Take the terminal; its content isn't known."""
        self._line.leaving = False
        self.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def run_input_thread(self) -> None:
        """Read keys."""
        if not read_keys(
            self.fileno,
            XTermParser(self._debug),
            self._bell,
            self.exit_event,
            self.process_message,
        ):
            self._app.call_later(self._app.exit, return_code=HUNG_UP)

    def disable_input(self) -> None:
        """Stop reading keys: the app is ending, no frame has to wait for the
        terminal any more.
        """
        self.leave()
        if self._key_thread is not None and self._key_thread.is_alive():
            self._bell.ring()

        super().disable_input()

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        self.leave()
        super().stop_application_mode()

    def leave(self) -> None:
        """Draw no more: frames that wait are dropped, the sequences that give
        the terminal back are still written.
        """
        if not self._line.leaving and self._writer_thread is not None:
            self.hush()
            self.write(CALM)

    def behind(self) -> bool:
        """Say whether a frame would wait: others do, or the line still carries
        its last share.
        """
        return self._cell_diff.waits or self._busy()

    def _busy(self) -> bool:
        if self._writer_thread is not None:
            waiting = self._writer_thread._queue.qsize()
        else:
            waiting = 0

        return waiting > CROWDED or not self._line.pace.ready()

    def hush(self) -> None:
        """Draw no more, from any thread."""
        self._line.leaving = True

    def forget(self) -> None:
        """Draw everything anew from here on."""
        self._cell_diff.forget()


@lru_cache(maxsize=8)
def frugal(driver_class: type[Driver]) -> type[Driver]:
    """Return `driver_class` with everything it writes passed through a
    CellDiff; a resized terminal is drawn anew.

    On Windows frames are cut into pieces before they reach the driver, which
    therefore stays as it is; so does one that writes to a browser.
    """
    if os.name == "nt":
        return driver_class

    from textual.drivers.linux_driver import LinuxDriver

    if not issubclass(driver_class, LinuxDriver):
        return driver_class

    return type("FrugalDriver", (Frugal, driver_class), {})


def terminal_size() -> tuple[int, int] | None:
    """Return the terminal's columns and lines, None where that can't be
    known.
    """
    for descriptor in (2, 1, 0):
        try:
            columns, lines = os.get_terminal_size(descriptor)
        except OSError:
            continue

        return columns, lines

    return None
