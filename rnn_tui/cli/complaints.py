"""The lines of standard error: what was wrong, and what is odd."""

from __future__ import annotations

import contextlib
import sys

LONGEST_LINE = 1000


def complain(message: str) -> None:
    """Write the one line that says what was wrong."""
    _say("error", message)


def warn(message: str) -> None:
    """Write a line that says what is odd."""
    _say("warning", message)


def _say(kind: str, message: str) -> None:
    from rnn_tui.text import clean

    with contextlib.suppress(OSError, ValueError):
        print(f"rnn-tui: {kind}: {clean(message, LONGEST_LINE)}", file=sys.stderr, flush=True)
