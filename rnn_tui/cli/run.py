"""Runs a command: from the arguments to the exit status, errors included."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Sequence

from rnn_tui.cli.arguments import COMMANDS, parse
from rnn_tui.cli.stderr import print_error
from rnn_tui.errors import RnnTuiError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import TextIO

    from rnn_tui.cli.ending import Ending

DONE, DIFFERS, CANT, CRASHED, INTERRUPTED = 0, 1, 2, 70, 130
"""Exit statuses."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
"""The error numbers of an output that is full or was closed."""


class _Closed(io.TextIOBase):
    """A standard output that was closed before the program began: every write
    fails.
    """

    def write(self, text: str) -> int:
        """Say so."""
        raise OSError(errno.EBADF, "standard output is closed")


def main(argv: Sequence[str] | None, ending: Ending) -> int:
    """Run a command line and return its exit status; never raises, SystemExit
    included.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    _prepare_streams()
    try:
        status = _run(parse(arguments), ending)
        sys.stdout.flush()
        return _closing(status)
    except SystemExit as stop:  # argparse: --help, --version, a wrong option
        return _closing(stop.code if isinstance(stop.code, int) else DONE)
    except RnnTuiError as error:
        print_error(str(error))
        return _closing(CANT)
    except KeyboardInterrupt:
        return _closing(INTERRUPTED)
    except BrokenPipeError:
        return _closing(DONE)
    except OSError as error:
        if error.errno not in FULL:
            return _crashed(error, arguments)

        print_error(f"the result can't be written: {error.strerror}")
        return _closing(CANT)
    except MemoryError:
        print_error(
            "there is not enough memory for this; a shorter sequence, or -o "
            "FILE.npz, needs less"
        )
        return _closing(CANT)
    except Exception as error:
        # a bug: whatever it is, the user gets one line and a report
        return _crashed(error, arguments)


def _crashed(error: Exception, arguments: Sequence[str]) -> int:
    """Turn a bug into a report: the one place where any exception is caught."""
    from rnn_tui.cli.crash import report

    print_error(report(error, arguments))

    return _closing(CRASHED)


def _run(arguments: Namespace, ending: Ending) -> int:
    """Run the command in its own module, imported only now."""
    from importlib import import_module

    command = import_module(f"rnn_tui.cli.{COMMANDS[arguments.command]}")
    # the explorer has its own way out once it has the terminal
    if arguments.command != "explore":
        ending.unwind_from_now_on()

    status: int = command.run(arguments)

    return status


def _prepare_streams() -> None:
    """Make sure that there is something to write to and that no character can't
    be written.
    """
    if sys.stdout is None:
        sys.stdout = _Closed()

    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the program ends

    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _closing(status: int) -> int:
    """Flush the rest; where the reader has closed the pipe, the interpreter
    must not stumble over it at its end.
    """
    _flush(sys.stdout)
    _flush(sys.stderr)

    return status


def _flush(stream: TextIO) -> None:
    try:
        stream.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
