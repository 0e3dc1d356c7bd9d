"""The lines of standard error: what was wrong, and what is odd."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

LONGEST_LINE = 1000
MOST_LINES = 20
"""Warnings of one kind that are written; a file may give cause for thousands."""


def complain(message: str) -> None:
    """Write the one line that says what was wrong."""
    _say("error", message)


def warn(message: str) -> None:
    """Write a line that says what is odd."""
    _say("warning", message)


def warn_of(messages: Sequence[str]) -> None:
    """Write the lines that say what is odd about a file, the first of very many."""
    for message in messages[:MOST_LINES]:
        warn(message)

    if len(messages) > MOST_LINES:
        warn(
            f"and {len(messages) - MOST_LINES:,} more; `rnn-tui layers --format json` "
            "lists them all"
        )


def _say(kind: str, message: str) -> None:
    from rnn_tui.text import clean

    with contextlib.suppress(OSError, ValueError):
        print(
            f"rnn-tui: {kind}: {clean(message, LONGEST_LINE)}",
            file=sys.stderr,
            flush=True,
        )
