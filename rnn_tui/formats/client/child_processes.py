"""The processes this one has started and must not leave behind, each the leader
of its own session.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
import weakref

_started: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()
_BEAT = 0.5
"""Seconds between two looks at the parent."""


def note(process: subprocess.Popen[bytes]) -> None:
    """Remember a child, so that `end_all` ends it."""
    _started.add(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a child and every process in its group; its number is still its own
    until it is reaped.
    """
    if process.returncode is None:
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()

        process.wait()


def end_all() -> None:
    """End every child at once: this process is about to leave without
    unwinding.
    """
    for process in list(_started):
        with contextlib.suppress(OSError):
            end(process)


def end_with_parent() -> None:
    """End this process soon after the one that started it has gone, even if
    that was killed.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_BEAT)

        os._exit(1)

    if os.name == "posix":
        threading.Thread(target=watch, daemon=True).start()
