"""The lines on standard error: an error, or warnings."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

LONGEST_LINE = 1000
MOST_LINES = 20
"""Warnings of one file that are written; there may be thousands."""


def print_error(message: str) -> None:
    """Write the one line of an error."""
    _write("error", message)


def print_warning(message: str) -> None:
    """Write a warning."""
    _write("warning", message)


def print_warnings(messages: Sequence[str]) -> None:
    """Write the warnings about a file, the first of very many."""
    for message in messages[:MOST_LINES]:
        print_warning(message)

    if len(messages) > MOST_LINES:
        print_warning(
            f"and {len(messages) - MOST_LINES:,} more; `rnn-tui layers "
            "--format json` lists them all"
        )


def _write(kind: str, message: str) -> None:
    from rnn_tui.text import clean

    with contextlib.suppress(OSError, ValueError):
        print(
            f"rnn-tui: {kind}: {clean(message, LONGEST_LINE)}",
            file=sys.stderr,
            flush=True,
        )
