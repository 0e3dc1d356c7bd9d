"""Internal errors: a report in a file, and one line with its path."""

from __future__ import annotations

import os
import platform
import secrets
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from rnn_tui import __version__
from rnn_tui.text import clean


def report(error: BaseException, arguments: Sequence[str]) -> str:
    """Write a report of `error` and return the line to show."""
    what = f"internal error: {type(error).__name__}: {clean(error)}"
    path = _written([error], arguments)
    if path is None:
        return f"{what}; no report could be written"

    return f"{what}; the report is in {path}"


def noted(errors: Sequence[BaseException], arguments: Sequence[str]) -> str:
    """Write one report of errors that the program outlived and return the words
    to show in their place.
    """
    path = _written(errors, arguments)
    if path is None:
        return "internal error, no report could be written"

    return f"internal error, report in {path}"


def _written(
    errors: Sequence[BaseException],
    arguments: Sequence[str],
) -> Path | None:
    """Write a report and return where it is, None where none could be
    written.
    """
    lines = [
        (
            f"rnn-tui {__version__}, Python {platform.python_version()}, "
            f"{platform.platform()}"
        ),
        f"arguments: {[clean(argument) for argument in arguments]}",
        "",
    ]
    for error in errors:
        traced = "".join(traceback.format_exception(error)).splitlines()
        lines += [*(clean(line, 2000) for line in traced), ""]

    text = "\n".join(lines)

    for folder in _folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            now = time.strftime("%Y%m%d-%H%M%S")
            own = f"{os.getpid()}-{secrets.token_hex(2)}"
            path = folder / f"crash-{now}-{own}.txt"
            _write_private(path, text)
        except OSError:
            continue

        return path

    return None


def _write_private(path: Path, text: str) -> None:
    """Write a new file that its owner alone may read: a report holds paths and
    typed sequences.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    with open(
        descriptor,
        "w",
        encoding="utf-8",
        errors="backslashreplace",
    ) as file:
        file.write(text)


def _folders() -> list[Path]:
    """Return where a report may go, best first."""
    state = os.environ.get("XDG_STATE_HOME")
    if not state:
        if sys.platform == "win32":
            state = os.environ.get("LOCALAPPDATA")
        else:
            state = os.path.expanduser("~/.local/state")

    return [
        *([Path(state, "rnn-tui")] if state else []),
        Path(tempfile.gettempdir()),
    ]
