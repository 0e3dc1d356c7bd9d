"""However the explorer ends, it ends within a second: the terminal given back,
no child left, the status right.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rnn_tui.tui.terminal.tty_state import TerminalState

PATIENCE = 1.0
"""Seconds the app has to end by itself; a terminal that takes no more bytes
would hold it for ever.
"""

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
HUNG_UP = 128 + 1
"""Exit status when the line is lost, as after SIGHUP."""


class WayOut:
    """Watches over the end of the app: work that takes too long is cut short.

    `stop(status)` asks the app to end, from any thread; `silence()` keeps its
    threads from writing on; `end_children()` ends the processes it has started.
    """

    def __init__(
        self,
        stop: Callable[[int], None],
        silence: Callable[[], None],
        end_children: Callable[[], None],
    ) -> None:
        self._stop = stop
        self._silence = silence
        self._end_children = end_children
        self._terminal = TerminalState()
        self._done = threading.Event()
        self._begun = threading.Event()
        self._last_word = threading.Lock()
        """Held by whoever ends the app: it ends by itself, or it is cut
        short.
        """
        self.forced: int | None = None
        """The status of a signal that ended the app, None when it ended of its
        own will.
        """

    def leave(self, status: int) -> None:
        """The app is ending: see that it does."""
        if not self._begun.is_set():
            self._begun.set()
            threading.Thread(
                target=self._watch,
                args=(status,),
                daemon=True,
            ).start()

    def end(self, status: int) -> None:
        """End the app, asked from outside."""
        if self.forced is None:
            self.forced = status

        self.leave(status)
        self._stop(status)

    def done(self) -> None:
        """The app has ended; when it is being cut short already, never
        return.
        """
        with self._last_word:
            self._done.set()

    def watch_line(self) -> None:
        """Wait, without ever waking up, until the other end of the terminal is
        closed; not every line says SIGHUP.
        """
        line = select.poll()
        line.register(0, 0)
        with contextlib.suppress(OSError):
            if any(
                event & (select.POLLHUP | select.POLLERR)
                for _, event in line.poll()
            ):
                self.end(HUNG_UP)

    def _watch(self, status: int) -> None:
        self._done.wait(PATIENCE)
        with self._last_word:
            if self._done.is_set():
                return

            self._silence()
            self._end_children()
            self._terminal.restore()
            os._exit(status if self.forced is None else self.forced)


@contextmanager
def ending_in_order(
    stop: Callable[[int], None],
    silence: Callable[[], None],
    end_children: Callable[[], None],
) -> Iterator[WayOut]:
    """Yield the way out; signals and a lost line lead to it as well."""
    way = WayOut(stop, silence, end_children)

    def handle(number: int, frame: FrameType | None) -> None:
        # The event loop may be asleep: only another thread's message wakes it.
        threading.Thread(
            target=way.end,
            args=(128 + number,),
            daemon=True,
        ).start()

    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    before = {number: signal.signal(number, handle) for number in numbers}
    if hasattr(select, "poll"):
        threading.Thread(target=way.watch_line, daemon=True).start()

    try:
        yield way
    finally:
        way.done()
        for number, handler in before.items():
            signal.signal(number, handler)
