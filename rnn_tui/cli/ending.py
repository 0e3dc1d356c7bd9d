"""Signals from the first import on: whatever arrives whenever, the program ends
soon and with 128 + its number.

Python's own answer to Ctrl-C, an exception, is lost where it is raised inside
an import lock's callback, and leaves other threads waiting for that lock. So
until a command runs there is nothing to unwind and the program ends at once. A
command that may hold a half-written file is unwound by an exception; where that
is lost or takes long, a watching thread ends the program all the same.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
# the typing module itself would cost a tenth of the time --version takes
if TYPE_CHECKING:
    from threading import Event
    from types import FrameType
    from typing import Any

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
PATIENCE = 3.0
"""Seconds a command may take to unwind: to remove the files that it has begun
to write.
"""


class Ending:
    """The handling of signals, as a context in which they lead here.

    A signal that was ignored when the program started (`nohup`) stays ignored,
    and one that somebody else handles stays theirs. With `whole_process` the
    signals are not given back at the end of the context: the process has done
    its work then, and a signal that arrives before the interpreter has closed
    changes nothing.
    """

    def __init__(self, whole_process: bool) -> None:
        self._whole_process = whole_process
        self._over = False
        self.status: int | None = None
        """128 + the number of the first signal that arrived, None when none
        did.
        """
        self._unwinds = False
        self._done: Event | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Ending:
        """Take the signals that would otherwise end the program."""
        for name in NAMES:
            number = getattr(signal, name, None)
            if number is None or signal.getsignal(number) not in (
                signal.SIG_DFL,
                signal.default_int_handler,
            ):
                continue

            try:
                self._before[number] = signal.signal(number, self._arrived)
            except ValueError:  # not in the main thread
                return self

        return self

    def __exit__(self, *problem: object) -> None:
        """Give the signals back, unless the process is about to end."""
        self._over = True
        if self._done is not None:
            self._done.set()

        if self._whole_process:
            return

        for number, handler in self._before.items():
            signal.signal(number, handler)

    def unwind_from_now_on(self) -> None:
        """Answer the next signal with an exception: work under way must be
        taken back.
        """
        self._unwinds = True

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        if (
            self._over or self.status is not None
            # they come in twos, and the second must not cut short the work that
            # the first began
        ):
            return

        self.status = 128 + number
        if not self._unwinds:
            self._leave()

        from threading import Event, Thread

        self._done = Event()
        Thread(
            target=self._watch,
            args=(self._done,),
            name="seeing to the end",
            daemon=True,
        ).start()
        if number == signal.SIGINT:
            raise KeyboardInterrupt

        raise SystemExit(self.status)

    def _watch(self, done: Event) -> None:
        if not done.wait(PATIENCE):
            self._leave()

    def _leave(self) -> None:
        """End the process without unwinding, its children first."""
        children = sys.modules.get("rnn_tui.formats.client.child_processes")
        # missing while the module is being imported: no child yet
        end_all = getattr(children, "end_all", None)
        if end_all is not None:
            end_all()

        os._exit(self.status or 0)
