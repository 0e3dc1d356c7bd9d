"""SIGTERM, SIGHUP and SIGQUIT end the explorer in order, with the exit status a shell expects, in a second at most."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rnn_tui.tui.terminal import TerminalState

PATIENCE = 1.0
"""Seconds the app has to end by itself; a terminal that takes no more bytes would hold it for ever."""

NAMES = ("SIGTERM", "SIGHUP", "SIGQUIT")


@contextmanager
def ending_on_signals(stop: Callable[[int], None]) -> Iterator[None]:
    """Call `stop(exit status)` on a signal; if that doesn't end the process soon, restore the terminal and leave."""
    terminal = TerminalState()
    done = threading.Event()

    def watch(status: int) -> None:
        if not done.wait(PATIENCE):
            terminal.restore()
            os._exit(status)

    def end(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=watch, args=(128 + number,), daemon=True).start()
        stop(128 + number)

    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        done.set()
        for number, handler in before.items():
            signal.signal(number, handler)
