"""Children of the reader forked from this process instead of started afresh:
the same code, ten times as fast.

What each took is kept, so that a file which costs too much is told from a
machine that is busy.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rnn_tui.errors import (
    ConfigError,
    MisfitError,
    RnnTuiError,
    UnsupportedLayerError,
)
from rnn_tui.formats.client import process


class Taken(NamedTuple):
    """What a child took: seconds of the processor and the most bytes of
    memory.
    """

    seconds: float = 0.0
    memory: int = 0


def hidden_fault(error: RnnTuiError) -> BaseException | None:
    """Return the error of our own that a refusal hides: whatever caused it is
    one of the errors that we raise.
    """
    cause = error.__cause__ or error.__context__
    if not isinstance(
        error, (UnsupportedLayerError, ConfigError)
    ) or isinstance(cause, (RnnTuiError, MisfitError)):
        return None
    return cause


def hides_nothing(error: RnnTuiError) -> None:
    """Raise AssertionError for a refusal that hides an error of our own."""
    fault = hidden_fault(error)
    assert fault is None, f"{error} hides {fault!r}"


UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in which the system counts memory."""


def own_peak() -> int:
    """Return the most bytes this process has held.

    On Linux ru_maxrss would count those of the process that started this one,
    too: it is kept over exec.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def forget_peak() -> None:
    """Let the system count this process's most bytes anew from here, where it
    can.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


class Forked:
    """A child forked from this process: the part of Popen that the reader
    uses.
    """

    worst = Taken()
    """The most any child took since this was last reset."""

    def __init__(
        self,
        source: BinaryIO,
        shared: BinaryIO,
        others: Sequence[BinaryIO] = (),
    ) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            os.dup2(source.fileno(), 0)
            os.dup2(shared.fileno(), 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            try:
                from rnn_tui.formats.reader.main import main

                main()
            finally:
                os._exit(1)

    def poll(self) -> int | None:
        """Reap the child when it has ended."""
        return self._reap(os.WNOHANG)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the child."""
        return self._reap(0)

    def _reap(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status, usage = os.wait4(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
                took = Taken(
                    usage.ru_utime + usage.ru_stime, usage.ru_maxrss * UNIT
                )
                Forked.worst = Taken(*map(max, Forked.worst, took))
        return self.returncode


@contextmanager
def forking() -> Iterator[None]:
    """Fork the children of the reader from this process while it lasts."""
    import rnn_tui.formats.reader.zip_contents  # noqa: F401  (imports h5py before the first fork)

    assert "tensorflow" not in sys.modules, (
        "run tests/fuzz in a process of its own: each fork would weigh a gigabyte"
    )
    spawn = process._spawn
    process._spawn = Forked  # type: ignore[assignment]
    try:
        yield
    finally:
        process._spawn = spawn
