"""An internal error becomes a short message and a report in a file, not a screen of traceback."""

from __future__ import annotations

import platform
import tempfile


def report(trouble: str) -> str:
    """Write the traceback to a new file and return the line to show: what happened, and where the report is."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", prefix="rnn-tui-", suffix=".txt", delete=False
        ) as file:
            file.write(f"rnn-tui, Python {platform.python_version()}, {platform.platform()}\n\n{trouble}")
    except OSError as error:
        return f"rnn-tui: internal error; the report could not be written: {error.strerror}"
    return f"rnn-tui: internal error; please report it with {file.name}"
